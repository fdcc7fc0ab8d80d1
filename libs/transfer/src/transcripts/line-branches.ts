import { type Fields, isObject, textAt, type TranscriptNotes } from './transcript.js';

interface Line {
  /** Where it stands: at several places of a file that was joined of copies. */
  readonly pointers: string[];
  readonly session: string;
  /** The line that it goes on from; null where it says that it begins. */
  readonly parent: string | null | undefined;
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
  /** The newest message of each session. */
  private readonly newest = new Map<string, string>();
  private session = '';
  private turns: string[][] = [];

  /** A line of Claude Code, which names the line that it goes on from. */
  addClaudeCodeLine(line: Fields, pointer: string): void {
    const id = textAt(line, 'uuid', pointer);
    if (id === undefined || line['isSidechain'] === true) return;
    if (typeof line['sessionId'] === 'string') this.session = line['sessionId'];
    const { session } = this;
    const { type, message } = line;
    const content = isObject(message) ? message['content'] : undefined;
    const answers = Array.isArray(content) && content.some((part) => isObject(part) && part['type'] === 'tool_result');
    const isMessage = type === 'user' || type === 'assistant';
    const answer = isObject(message) && typeof message['id'] === 'string' ? message['id'] : undefined;
    const parent = this.parentOf(line, pointer);
    const pointers = this.lines.get(id)?.pointers ?? [];
    pointers.push(pointer);
    this.lines.set(id, { pointers, session, parent, isSaid: isMessage && !answers, isMessage, answer });
    if (isMessage) this.newest.set(session, id);
  }

  /** A message of Codex. @param isPrompt whether it begins a turn */
  addTurnMessage(pointer: string, isPrompt: boolean): void {
    if (isPrompt) this.turns.push([]);
    // What stands before the first prompt is of no turn, and is never taken back.
    this.turns.at(-1)?.push(pointer);
  }

  /** The newest turns were taken back. */
  rollBack(turns: number, notes: TranscriptNotes): void {
    for (let left = Math.min(turns, this.turns.length); left > 0; left--)
      for (const pointer of this.turns.pop() ?? []) this.leave(pointer, notes);
  }

  /** All lines were read. */
  end(notes: TranscriptNotes): void {
    const shown = this.shown();
    const linked = new Set<string>();
    for (const { parent, session } of this.lines.values())
      if (typeof parent === 'string' && this.lines.has(parent)) linked.add(session);
    const answers = new Set([...shown].map((id) => this.lines.get(id)?.answer));
    /** Of lines that are no messages: the message, or the beginning, that they follow. */
    const followed = new Map<string, Line['parent']>();
    const left = new Set<string>();
    for (const [id, { parent, pointers, session, isSaid, isMessage, answer }] of this.lines) {
      if (shown.has(id)) continue;
      const before = typeof parent === 'string' && followed.has(parent) ? followed.get(parent) : parent;
      if (!isMessage) {
        followed.set(id, before);
        continue;
      }
      // Results of calls that were made at once stand beside the branch, and so do other lines of one answer.
      const forks = before === null ? linked.has(session) : before !== undefined && shown.has(before);
      const begins = isSaid && forks && !(answer && answers.has(answer));
      if (!begins && !(typeof before === 'string' && left.has(before))) continue;
      left.add(id);
      for (const pointer of pointers) this.leave(pointer, notes);
    }
  }

  /** Of each session the lines that lead to its newest message. */
  private shown(): ReadonlySet<string> {
    const shown = new Set<string>();
    for (const newest of this.newest.values())
      for (let id: Line['parent'] = newest; typeof id === 'string' && !shown.has(id); id = this.lines.get(id)?.parent)
        shown.add(id);
    return shown;
  }

  /** What was summed up when a session had become too long is a beginning as well, but goes on from what is before it. */
  private parentOf(line: Fields, pointer: string): Line['parent'] {
    const parent = textAt(line, 'parentUuid', pointer);
    if (parent !== undefined) return parent;
    const before = textAt(line, 'logicalParentUuid', pointer);
    if (before !== undefined && this.lines.has(before)) return before;
    const isCompacted = line['subtype'] === 'compact_boundary' || line['isCompactSummary'] === true;
    if (before !== undefined || isCompacted) return this.newest.get(this.session) ?? before;
    return line['parentUuid'] === null ? null : undefined;
  }

  private leave(pointer: string, notes: TranscriptNotes): void {
    this.left.add(pointer);
    notes.add('other-branch', pointer);
  }
}
