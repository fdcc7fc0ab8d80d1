import { createHash } from 'node:crypto';
import { clientNameField, contentBytes, MAX_CONTENT_BYTES } from '#conversation';
import { InvalidInputError, WorkPauses } from '#kernel';
import { readChatGptConversation, readChatGptMessages } from './chatgpt-export.js';
import { readClaudeConversation, readClaudeMessages } from './claude-export.js';
import { readClaudeCodeLine } from './claude-code-session.js';
import { type CodexSession, isPrompt, readCodexLine, readCodexSession, turnsRolledBack } from './codex-session.js';
import { type JsonValue, readJsonValues } from './json-values.js';
import { formatOfMessage, isUnknownItem, readArrayMessage, readSystemPrompt } from './message-array.js';
import { LineBranches } from './line-branches.js';
import { storable } from './parts.js';
import { hashOf, isEmpty, isTooLong, toContent, toMetadata, toName, toTitle } from './transcript-content.js';
import { guessShape, type Shape, toBranches } from './transcript-shape.js';
import { transcriptEmpty, transcriptInvalid, transcriptTooLong, transcriptUnknown } from './transcript.errors.js';
import {
  type Fields,
  listAt,
  objectAt,
  type ReadBranch,
  type ReadMessage,
  textAt,
  type TranscriptBranches,
  type TranscriptConversation,
  type TranscriptFormat,
  type TranscriptItem,
  TranscriptNotes,
} from './transcript.js';

/** Of a file: their ids are in memory together. */
const MOST_MESSAGES = 300_000;

export interface TranscriptOptions {
  /** Absent: by what the file holds. */
  readonly format?: TranscriptFormat | undefined;
  /** Of the conversation, for files that are messages alone. */
  readonly externalId?: string | undefined;
}

/**
 * Reads a transcript message by message, as its bytes come: once to check it, and once more to import it. The second
 * reading of the same bytes gives the same ids.
 */
export class TranscriptReader {
  readonly notes = new TranscriptNotes();
  private readonly seen = new Set<string>();
  private readonly said = createHash('sha256');
  /** Of all messages of the checked file. */
  private readonly messagesHash: string;
  private shape: Shape | undefined;
  private ofMessages: TranscriptFormat | undefined;
  private position = 0;
  private title: string | null = null;
  private session: CodexSession | undefined;
  private readonly lines = new LineBranches();
  /** Of sessions of coding agents: by the places of the messages. */
  private readonly clientIds = new Map<string, { readonly externalId: string; readonly clientId: string }>();
  private branches: ReadonlyMap<string, TranscriptBranches> | undefined;

  /** @param checked the reader that has read the same file to its end */
  constructor(
    private readonly options: TranscriptOptions,
    private readonly checked?: TranscriptReader,
  ) {
    this.messagesHash = checked?.said.copy().digest('hex').slice(0, 32) ?? '';
  }

  /** Of what was read. */
  get format(): TranscriptFormat {
    if (this.options.format !== undefined) return this.options.format;
    return this.shape === undefined || this.shape === 'messages' ? (this.ofMessages ?? 'openai') : this.shape;
  }

  /**
   * @throws DomainError `transcript-invalid` naming the place; `transcript-format-unknown`, `transcript-broken`,
   * `import-too-large`
   */
  async *read(chunks: AsyncIterable<Buffer>): AsyncGenerator<TranscriptItem> {
    let isOnly = false;
    const pauses = new WorkPauses();
    for await (const value of readJsonValues(chunks)) {
      if (isOnly) throw transcriptInvalid(value.pointer, 'follows an object that is a transcript of its own');
      this.shape ??= this.shapeOf(value);
      const [repeated] = value.repeatedNames;
      if (repeated !== undefined)
        this.notes.add('name-repeated', `${value.pointer}${repeated}`, null, value.repeatedNames.length);
      const isOneOfMany = this.isSession || (this.shape === 'messages' && !('messages' in value.value));
      isOnly = value.pointer.startsWith('/lines/') && !isOneOfMany;
      for (const item of this.readValue(value, isOnly ? '' : value.pointer)) {
        if (item !== undefined) yield item;
        if (pauses.isDue) await pauses.pauseIfDue();
      }
    }
    if (this.checked === undefined) this.lines.end(this.notes);
    if (this.seen.size > 0) return;
    const left = this.notes.leftOut();
    throw left.length === 0 ? transcriptUnknown('holds no message') : transcriptEmpty(left);
  }

  private shapeOf({ value, pointer }: JsonValue): Shape {
    const shape = guessShape(value, pointer.startsWith('/lines/'));
    const { format } = this.options;
    const wanted = format === 'openai' || format === 'anthropic' ? 'messages' : format;
    if (shape === undefined || (wanted !== undefined && wanted !== shape))
      throw transcriptUnknown(
        wanted === undefined ? 'has a form that is not known' : `has not the form of the format ${format}`,
      );
    if (this.options.externalId !== undefined && shape !== 'messages')
      throw new InvalidInputError('/externalId', 'names the conversation of files that are messages alone');
    return shape;
  }

  private *readValue({ value }: JsonValue, pointer: string): Generator<TranscriptItem | undefined> {
    switch (this.shape) {
      case 'chatgpt':
        return yield* this.branchItems(
          readChatGptConversation(value, pointer, this.notes),
          readChatGptMessages(value, pointer, this.notes),
          pointer,
        );
      case 'claude':
        return yield* this.branchItems(
          readClaudeConversation(value, pointer, this.notes),
          readClaudeMessages(value, pointer, this.notes),
          pointer,
        );
      case 'claude-code':
        return yield* this.readLine(value, pointer);
      case 'codex':
        return yield* this.readCodex(value, pointer);
      default:
        return yield* this.itemsOf(this.arrayConversation(), this.readMessages(value, pointer));
    }
  }

  private *readMessages(value: Fields, pointer: string): Generator<ReadMessage> {
    if (!('messages' in value)) {
      yield* this.readMessage(value, pointer);
      return;
    }
    if (value['system'] !== undefined && value['system'] !== null) {
      this.ofMessages ??= 'anthropic';
      yield readSystemPrompt(value['system'], `${pointer}/system`, this.notes);
    }
    for (const [place, one] of listAt(value, 'messages', pointer).entries()) {
      const at = `${pointer}/messages/${place}`;
      yield* this.readMessage(objectAt(one, at), at);
    }
  }

  private *readMessage(value: Fields, pointer: string): Generator<ReadMessage> {
    this.ofMessages ??= formatOfMessage(value);
    if (isUnknownItem(value)) this.notes.add('no-message', pointer, textAt(value, 'type', pointer));
    else yield readArrayMessage(value, pointer, this.notes);
  }

  private *readLine(line: Fields, pointer: string): Generator<TranscriptItem | undefined> {
    if (line['type'] === 'summary')
      this.title = toTitle(textAt(line, 'summary', pointer), `${pointer}/summary`, this.notes);
    if (this.checked === undefined) this.lines.addClaudeCodeLine(line, pointer);
    const message = readClaudeCodeLine(line, pointer, this.notes);
    if (message === undefined) return;
    const session = textAt(line, 'sessionId', pointer);
    if (session === undefined) throw transcriptInvalid(`${pointer}/sessionId`, 'is missing');
    const about = { cwd: textAt(line, 'cwd', pointer), gitBranch: textAt(line, 'gitBranch', pointer) };
    const conversation = {
      externalId: toName('claude-code', session),
      // Titles are written behind what they are of.
      title: this.checked?.title ?? this.title,
      createdAt: message.createdAt,
      metadata: toMetadata({ source: 'claude-code', ...about }, pointer, this.notes),
    };
    const branches = this.branchesOf(conversation.externalId);
    yield* this.itemsOf(conversation, [message], { branches, line: pointer });
  }

  private *readCodex(line: Fields, pointer: string): Generator<TranscriptItem | undefined> {
    const begun = readCodexSession(line, pointer);
    if (begun !== undefined) {
      // A session that goes on from another one names that one as well, behind itself.
      this.session ??= begun;
      return;
    }
    if (this.session === undefined) throw transcriptInvalid(pointer, 'stands before the line that names the session');
    const turns = turnsRolledBack(line);
    if (turns > 0 && this.checked === undefined) this.lines.rollBack(turns, this.notes);
    const message = readCodexLine(line, pointer, this.notes);
    if (message === undefined) return;
    if (this.checked === undefined) this.lines.addTurnMessage(pointer, isPrompt(message));
    const { id, cwd, gitBranch, createdAt } = this.session;
    const conversation = {
      externalId: toName('codex', id),
      title: null,
      createdAt: createdAt ?? message.createdAt,
      metadata: toMetadata({ source: 'codex', cwd, gitBranch }, pointer, this.notes),
    };
    const branches = this.branchesOf(conversation.externalId);
    yield* this.itemsOf(conversation, [message], { branches, line: pointer });
  }

  /** The files of coding agents, in which a conversation is many lines. */
  private get isSession(): boolean {
    return this.shape === 'claude-code' || this.shape === 'codex';
  }

  /** Of a conversation of lines, by what was found when the file was checked. */
  private branchesOf(externalId: string): TranscriptBranches | undefined {
    const { checked } = this;
    if (checked === undefined || checked.lines.left.size === 0) return undefined;
    this.branches ??= toBranches(checked.clientIds, checked.lines.left);
    const branches = this.branches.get(externalId);
    return branches?.others.length === 0 ? undefined : branches;
  }

  private *branchItems(
    conversation: TranscriptConversation,
    { messages, shown, others }: ReadBranch,
    pointer: string,
  ): Generator<TranscriptItem | undefined> {
    if (shown.length + others.length === 0 && [...messages].length === 0) {
      this.notes.add('no-conversation', pointer);
      return;
    }
    const named = (ids: readonly string[]) => ids.map((id) => toName('', id));
    // What is left out is never stored: it must not be taken for what is new on a branch.
    const branch = this.branchOf(conversation.externalId, named(others), pointer);
    const taken = named(shown).filter((id) => this.checked?.seen.has(`${branch}/${id}`) ?? true);
    const branches = others.length === 0 ? undefined : { shown: taken, others: named(others) };
    yield* this.itemsOf(conversation, messages, { branches, branch });
  }

  /** Another one where the file has shown a message before that is on none of the branch which is shown now. */
  private branchOf(externalId: string, others: readonly string[], pointer: string): string {
    return others.some((id) => this.seen.has(`${externalId}/${id}`)) ? `${externalId}\0${pointer}` : externalId;
  }

  /** Messages alone are known by what all of them say. */
  private arrayConversation(): TranscriptConversation {
    const { externalId, format } = this.options;
    return {
      externalId: externalId ?? `messages:${this.messagesHash}`,
      title: null,
      createdAt: null,
      metadata: { source: this.checked?.format ?? format ?? 'openai' },
    };
  }

  /** Undefined for each message that is left out, so that others are answered between them as well. */
  private *itemsOf(
    conversation: TranscriptConversation,
    messages: Iterable<ReadMessage>,
    { branches, branch = conversation.externalId, line }: Partial<TranscriptItem> & { readonly line?: string } = {},
  ): Generator<TranscriptItem | undefined> {
    for (const { pointer, id, role, name, parts, metadata, createdAt } of messages) {
      const position = this.position++;
      const given = toContent(parts);
      const left = isEmpty(given) ? 'empty' : isTooLong(given) ? 'too-long' : undefined;
      const content = left === undefined ? storable(given, `${pointer}/content`, this.notes) : given;
      if (left !== undefined || contentBytes(content) > MAX_CONTENT_BYTES) {
        this.notes.add(left ?? 'too-long', pointer);
        yield undefined;
        continue;
      }
      const said = hashOf([role, name, content]);
      this.said.update(said);
      const clientId = id === undefined ? toName('at', `${position}:${said}`) : toName('', id);
      if (line !== undefined && this.checked?.lines.left.has(line) === true) continue;
      const key = `${branch}/${clientId}`;
      if (this.seen.has(key)) {
        this.notes.add('repeated', pointer);
        continue;
      }
      if (this.seen.size >= MOST_MESSAGES) throw transcriptTooLong(MOST_MESSAGES);
      this.seen.add(key);
      if (line !== undefined && this.checked === undefined)
        this.clientIds.set(line, { externalId: conversation.externalId, clientId });
      const message = {
        clientId,
        role,
        name: name !== null && clientNameField().safeParse(name).success ? name : null,
        content,
        metadata: toMetadata(metadata, pointer, this.notes),
        createdAt,
      };
      yield { conversation, message, branches, branch, pointer };
    }
  }
}
