import { createHash } from 'node:crypto';
import {
  clientNameField,
  contentBytes,
  conversationTitleField,
  MAX_CONTENT_BYTES,
  type MessageContent,
  MOST_PARTS,
} from '#conversation';
import { InvalidInputError, type Metadata, WorkPauses } from '#kernel';
import { readChatGptMessages } from './chatgpt-export.js';
import { readClaudeMessages } from './claude-export.js';
import { readClaudeCodeLine } from './claude-code-session.js';
import { type JsonValue, readJsonValues } from './json-values.js';
import { formatOfMessage, isResponseItem, readArrayMessage, readSystemPrompt } from './message-array.js';
import { known, storable } from './parts.js';
import { transcriptEmpty, transcriptInvalid, transcriptTooLong, transcriptUnknown } from './transcript.errors.js';
import {
  type Fields,
  isObject,
  listAt,
  MOST_VALUES_IN_MESSAGE,
  objectAt,
  type ReadMessage,
  textAt,
  timeAt,
  type TranscriptConversation,
  type TranscriptFormat,
  type TranscriptItem,
  TranscriptNotes,
} from './transcript.js';

/** Of a file: their ids are in memory together. */
const MOST_MESSAGES = 300_000;
const LONGEST_VALUE = 1_000;

export interface TranscriptOptions {
  /** Absent: by what the file holds. */
  readonly format?: TranscriptFormat | undefined;
  /** Of the conversation, for files that are messages alone. */
  readonly externalId?: string | undefined;
}

/** How the objects of a file are to be read. */
type Shape = 'messages' | 'chatgpt' | 'claude' | 'claude-code';

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
      isOnly = this.shape !== 'claude-code' && value.pointer.startsWith('/lines/') && !('role' in value.value);
      for (const item of this.readValue(value, isOnly ? '' : value.pointer)) {
        if (item !== undefined) yield item;
        if (pauses.isDue) await pauses.pauseIfDue();
      }
    }
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
        return yield* this.itemsOf(
          this.chatGptConversation(value, pointer),
          readChatGptMessages(value, pointer, this.notes),
        );
      case 'claude':
        return yield* this.itemsOf(
          this.claudeConversation(value, pointer),
          readClaudeMessages(value, pointer, this.notes),
        );
      case 'claude-code':
        return yield* this.readLine(value, pointer);
      default:
        return yield* this.itemsOf(this.arrayConversation(), this.readMessages(value, pointer));
    }
  }

  private *readMessages(value: Fields, pointer: string): Generator<ReadMessage> {
    if (!('messages' in value)) {
      this.ofMessages ??= formatOfMessage(value);
      yield readArrayMessage(value, pointer, this.notes);
      return;
    }
    if (value['system'] !== undefined && value['system'] !== null) {
      this.ofMessages ??= 'anthropic';
      yield readSystemPrompt(value['system'], `${pointer}/system`, this.notes);
    }
    for (const [place, one] of listAt(value, 'messages', pointer).entries()) {
      const at = `${pointer}/messages/${place}`;
      const message = objectAt(one, at);
      this.ofMessages ??= formatOfMessage(message);
      yield readArrayMessage(message, at, this.notes);
    }
  }

  private *readLine(line: Fields, pointer: string): Generator<TranscriptItem | undefined> {
    if (line['type'] === 'summary') this.title = this.toTitle(textAt(line, 'summary', pointer), `${pointer}/summary`);
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
      metadata: this.toMetadata({ source: 'claude-code', ...about }, pointer),
    };
    yield* this.itemsOf(conversation, [message]);
  }

  private chatGptConversation(value: Fields, pointer: string): TranscriptConversation {
    const id = textAt(value, 'conversation_id', pointer) ?? textAt(value, 'id', pointer);
    if (id === undefined) throw transcriptInvalid(`${pointer}/conversation_id`, 'is missing');
    return {
      externalId: toName('chatgpt', id),
      title: this.toTitle(textAt(value, 'title', pointer), `${pointer}/title`),
      createdAt: timeAt(value, 'create_time', pointer),
      metadata: { source: 'chatgpt' },
    };
  }

  private claudeConversation(value: Fields, pointer: string): TranscriptConversation {
    const id = textAt(value, 'uuid', pointer);
    if (id === undefined) throw transcriptInvalid(`${pointer}/uuid`, 'is missing');
    return {
      externalId: toName('claude', id),
      title: this.toTitle(textAt(value, 'name', pointer), `${pointer}/name`),
      createdAt: timeAt(value, 'created_at', pointer),
      metadata: { source: 'claude' },
    };
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
      const key = `${conversation.externalId}/${clientId}`;
      if (this.seen.has(key)) {
        this.notes.add('repeated', pointer);
        continue;
      }
      if (this.seen.size >= MOST_MESSAGES) throw transcriptTooLong(MOST_MESSAGES);
      this.seen.add(key);
      const message = {
        clientId,
        role,
        name: name !== null && clientNameField().safeParse(name).success ? name : null,
        content,
        metadata: this.toMetadata(metadata, pointer),
        createdAt,
      };
      yield { conversation, message, pointer };
    }
  }

  private toTitle(text: string | undefined, pointer: string): string | null {
    const title = storable(text ?? '', pointer, this.notes)
      .trim()
      .slice(0, 300)
      .toWellFormed();
    return conversationTitleField.safeParse(title).success ? title : null;
  }

  /** What of it is a text of some length. */
  private toMetadata(given: Metadata, pointer: string): Metadata {
    const texts = Object.entries(given).filter(
      ([, value]) => typeof value === 'string' && value.length <= LONGEST_VALUE,
    );
    return storable(known(Object.fromEntries(texts)), pointer, this.notes);
  }
}

function guessShape(value: Fields, isLine: boolean): Shape | undefined {
  if (isObject(value['mapping'])) return 'chatgpt';
  if (Array.isArray(value['chat_messages'])) return 'claude';
  if ('role' in value || isResponseItem(value) || (isLine && Array.isArray(value['messages']))) return 'messages';
  return isLine && typeof value['type'] === 'string' ? 'claude-code' : undefined;
}

/** One text is a text, not a list of it. */
function toContent(parts: ReadMessage['parts']): MessageContent {
  const [only] = parts;
  const isText = parts.length === 1 && only?.type === 'text' && Object.keys(only).length === 2;
  return isText ? String(only['text']) : parts;
}

function isEmpty(content: MessageContent): boolean {
  if (typeof content === 'string') return content.trim() === '';
  return content.every(({ type, text }) => type === 'text' && typeof text === 'string' && text.trim() === '');
}

/** What is too long whatever is replaced in it: an escape of JSON is at most twice as long as the character that replaces it. */
function isTooLong(content: MessageContent): boolean {
  if (typeof content !== 'string' && content.length > MOST_PARTS) return true;
  return holdsMoreValues(content, MOST_VALUES_IN_MESSAGE) || contentBytes(content) > 2 * MAX_CONTENT_BYTES;
}

function holdsMoreValues(value: unknown, most: number): boolean {
  let left = most;
  const isMore = (item: unknown): boolean =>
    --left < 0 || (typeof item === 'object' && item !== null && Object.values(item).some(isMore));
  return isMore(value);
}

/** A name that a client may give: as it is in the transcript where it can be one, else a hash of it. */
function toName(prefix: string, id: string): string {
  const name = prefix === '' ? id : `${prefix}:${id}`;
  return clientNameField().safeParse(name).success && name.isWellFormed() ? name : `${prefix}:sha256:${hashOf(id)}`;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}
