import { type Fields, isObject, textAt, type TranscriptNotes } from './transcript.js';

interface Line {
  readonly pointer: string;
  readonly parent: string | undefined;
  /** Whether it is said by a person, or answers one in words: such a line begins a branch of its own. */
  readonly isSaid: boolean;
  /** Whether it is a message at all. */
  readonly isMessage: boolean;
  /** Of an answer: several lines are one. */
  readonly answer: string | undefined;
}

/**
 * Finds in the lines of a coding agent's session what was taken back: lines stay in the file when a person goes back and
 * goes on from an earlier one.
 */
export class LineBranches {
  /** Pointers of messages that are not on the branch that was shown last. */
  readonly left = new Set<string>();
  private readonly lines = new Map<string, Line>();
  private last: string | undefined;
  private turns: string[][] = [];

  /** A line of Claude Code, which names the line that it goes on from. */
  addClaudeCodeLine(line: Fields, pointer: string): void {
    const id = textAt(line, 'uuid', pointer);
    if (id === undefined || line['isSidechain'] === true) return;
    const parent = textAt(line, 'parentUuid', pointer) ?? textAt(line, 'logicalParentUuid', pointer);
    const { type, message } = line;
    const content = isObject(message) ? message['content'] : undefined;
    const answers = Array.isArray(content) && content.some((part) => isObject(part) && part['type'] === 'tool_result');
    const isMessage = type === 'user' || type === 'assistant';
    const answer = isObject(message) && typeof message['id'] === 'string' ? message['id'] : undefined;
    this.lines.set(id, { pointer, parent, isSaid: isMessage && !answers, isMessage, answer });
    if (isMessage) this.last = id;
  }

  /** A message of Codex. @param isPrompt whether it begins a turn */
  addTurnMessage(pointer: string, isPrompt: boolean): void {
    if (isPrompt || this.turns.length === 0) this.turns.push([]);
    this.turns.at(-1)?.push(pointer);
  }

  /** The newest turns were taken back. */
  rollBack(turns: number, notes: TranscriptNotes): void {
    for (let left = Math.min(turns, this.turns.length); left > 0; left--)
      for (const pointer of this.turns.pop() ?? []) this.leave(pointer, notes);
  }

  /** All lines were read. */
  end(notes: TranscriptNotes): void {
    const shown = new Set<string>();
    for (let id = this.last; id !== undefined && !shown.has(id); id = this.lines.get(id)?.parent) shown.add(id);
    const answers = new Set([...shown].map((id) => this.lines.get(id)?.answer));
    // Results of calls that were made at once stand beside the branch, and so do other lines of one answer.
    const isLeft = new Map<string, boolean>();
    for (const [id, { parent, pointer, isSaid, isMessage, answer }] of this.lines) {
      const begins =
        isSaid && !shown.has(id) && parent !== undefined && shown.has(parent) && !(answer && answers.has(answer));
      const left = !shown.has(id) && (begins || (parent !== undefined && isLeft.get(parent) === true));
      isLeft.set(id, left);
      if (left && isMessage) this.leave(pointer, notes);
    }
  }

  private leave(pointer: string, notes: TranscriptNotes): void {
    this.left.add(pointer);
    notes.add('other-branch', pointer);
  }
}
