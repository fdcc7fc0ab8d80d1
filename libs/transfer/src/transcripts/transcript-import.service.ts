import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { HttpConfig } from '#config';
import {
  contentBytes,
  type ConversationCopy,
  type ConversationImport,
  ConversationTransferService,
  hashOfGiven,
  type MessageCopy,
  textsOfMessageAt,
} from '#conversation';
import { Clock, type ConversationId, newId, type WorkspaceId } from '#kernel';
import { ForgottenTexts, ImportTally, type ImportTarget } from '#project';
import { type Redaction, Redactor } from '#redaction';
import { counted } from '../file/counted.js';
import { Spool } from '../file/spool.js';
import { unpack } from '../file/unpack.js';
import { ImportTransactions } from '../import-transactions.js';
import { transcriptBroken } from './transcript.errors.js';
import { type TranscriptOptions, TranscriptReader } from './read-transcript.js';
import {
  type TranscriptBranches,
  type TranscriptFormat,
  type TranscriptItem,
  type TranscriptNote,
  TranscriptNotes,
} from './transcript.js';

const MESSAGES_AT_ONCE = 200;
/** Contents that are in memory together, but for one that is longer; as JSON in UTF-8. */
const BYTES_AT_ONCE = 2 * 1024 * 1024;
/** Of a file, packed: that of other imports where it is less. */
const MOST_BYTES = 512 * 1024 * 1024;

/** A transcript that came whole, and whose every message can be read. */
export interface ReceivedTranscript {
  readonly spool: Spool;
  readonly reader: TranscriptReader;
  readonly options: TranscriptOptions;
  /** SHA-256 of the bytes as they were sent. */
  readonly hash: string;
}

interface TranscriptCommand {
  /** Slug; made where it is missing. */
  readonly project: string;
  readonly user?: string | undefined;
  readonly dryRun: boolean;
}

/** Conversations that an answer names; the others are counted. */
const MOST_NAMED = 100;

/** A conversation of a transcript, as the project has it. */
interface NamedConversation {
  /** Null where a dry run would make it. */
  readonly id: ConversationId | null;
  readonly externalId: string;
  readonly status: 'created' | 'existing';
}

/** What became of a transcript. */
export interface ImportedTranscript {
  readonly format: TranscriptFormat;
  readonly conversations: ImportTally;
  /** In the order of the file, 100 at most. */
  readonly named: readonly NamedConversation[];
  readonly messages: ImportTally;
  readonly notes: readonly TranscriptNote[];
  /** Of all conversations of the file, as the project has them. */
  readonly conversationIds: readonly ConversationId[];
}

/** Brings what was said elsewhere into conversations of a project. */
@Injectable()
export class TranscriptImportService {
  constructor(
    private readonly conversations: ConversationTransferService,
    private readonly transactions: ImportTransactions,
    private readonly redactor: Redactor,
    private readonly config: HttpConfig,
    private readonly clock: Clock,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /**
   * Takes a file in and reads all of it. It is on disk until the caller closes its spool.
   * @throws DomainError `transcript-invalid`, `transcript-broken`, `transcript-format-unknown`, `import-too-large`
   */
  async receive(stream: Readable, options: TranscriptOptions): Promise<ReceivedTranscript> {
    const spool = await Spool.open();
    try {
      const hash = createHash('sha256');
      await spool.fill(counted(stream, hash, this.limitBytes));
      const reader = new TranscriptReader(options);
      for await (const _ of reader.read(this.bytesOf(spool))) continue;
      return { spool, reader, options, hash: hash.digest('hex') };
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  /**
   * Appends the messages of a received file to the conversations that it is of, or says what would be appended: in one
   * transaction. A conversation is known by its `externalId`, a message by its `clientId`, so that the same file brings
   * nothing new the second time; what is new goes behind the newest message. Archived conversations take none, as with
   * an append. Every read from then on finds it, on every process.
   * @throws DomainError `import-in-progress`, `import-ids-collide`; `context-rejected` naming messages, in the order of the file, that
   * are a text which the project rejects: then nothing is written
   */
  async import(
    workspaceId: WorkspaceId,
    { project, user, dryRun }: TranscriptCommand,
    { spool, reader, options }: ReceivedTranscript,
  ): Promise<ImportedTranscript> {
    const redaction = await this.redactor.begin(workspaceId);
    // What is new goes behind the newest where others were said at its numbers.
    return this.transactions.run(workspaceId, { project, conflict: 'new_version', dryRun }, async (target) => {
      const tallies = { conversations: new ImportTally(), messages: new ImportTally() };
      const appended = this.conversations.appendTo(target, tallies);
      const nameOf: NameOfBranch = (externalId, branches, imported) =>
        this.conversations.findBranch(target, externalId, branches, imported);
      const into = new TranscriptWriter(target, appended, nameOf, { userId: user ?? null, now: this.clock.now() });
      const items = new TranscriptReader(options, reader).read(this.bytesOf(spool));
      let read = 0;
      for await (const batch of batchesOf(redacted(redaction, items))) {
        const texts = batch.flatMap(({ message }, index) =>
          textsOfMessageAt(`/messages/${read + index}`, message.content),
        );
        await this.forgotten.refuse(target, texts);
        await into.write(batch);
        read += batch.length;
      }
      const { format, notes } = reader;
      const { conversations, messages } = tallies;
      const hasChanged = conversations.created + messages.created + messages.newVersions > 0;
      const result = {
        format,
        conversations,
        named: into.named,
        messages,
        notes: [...notes.list(), ...into.notes.list()],
        conversationIds: into.conversationIds,
      };
      return { result, hasChanged, hasRemoved: false };
    });
  }

  private get limitBytes(): number {
    return Math.min(MOST_BYTES, this.config.importLimitBytes);
  }

  private async *bytesOf(spool: Spool): AsyncGenerator<Buffer> {
    let isFirst = true;
    for await (const chunk of unpack(spool.read(), this.limitBytes)) {
      if (isFirst && chunk.subarray(0, 4).equals(ZIP))
        throw transcriptBroken('is a ZIP archive: take conversations.json out of it');
      isFirst = false;
      yield chunk;
    }
  }
}

/** APPNOTE.TXT of PKWARE, section 4.3.7. */
const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

/** Under which `externalId` a branch is, or is to be. @param imported by the file so far, by `externalId` */
type NameOfBranch = (
  externalId: string,
  branches: TranscriptBranches,
  imported: ReadonlyMap<string, { readonly clientIds: ReadonlySet<string> }>,
) => Promise<string>;

interface Place {
  readonly id: ConversationId;
  readonly clientIds: Set<string>;
}

/** Gives conversations and messages their places, in the order in which they are read. */
class TranscriptWriter {
  readonly named: NamedConversation[] = [];
  readonly conversationIds: ConversationId[] = [];
  /** Of messages that did not become what the transcript says for what had become of their conversation. */
  readonly notes = new TranscriptNotes();
  /** By the branch of the file. */
  private readonly names = new Map<string, string>();
  /** By `externalId`. */
  private readonly places = new Map<string, Place>();

  constructor(
    private readonly target: Pick<ImportTarget, 'dryRun'>,
    private readonly into: ConversationImport,
    private readonly nameOf: NameOfBranch,
    private readonly given: { readonly userId: string | null; readonly now: Date },
  ) {}

  async write(items: readonly TranscriptItem[]): Promise<void> {
    const { userId, now } = this.given;
    const begun: (ConversationCopy & { readonly externalId: string })[] = [];
    const said: MessageCopy[] = [];
    const pointers: string[] = [];
    for (const item of items) {
      const { conversation, message, pointer } = item;
      const { title, metadata } = conversation;
      const externalId = await this.nameFor(item);
      let place = this.places.get(externalId);
      if (place === undefined) {
        place = { id: newId(), clientIds: new Set() };
        this.places.set(externalId, place);
        if (externalId !== conversation.externalId) this.notes.add('branch-changed', pointer);
        begun.push({
          id: place.id,
          externalId,
          userId,
          sessionId: null,
          title,
          metadata,
          createdAt: conversation.createdAt ?? message.createdAt ?? now,
          archivedAt: null,
          lastSeq: 0,
          lastMessageAt: null,
        });
      }
      // As when a conversation is in the file again with a branch that it had before.
      if (place.clientIds.has(message.clientId)) {
        this.notes.add('repeated', pointer);
        continue;
      }
      place.clientIds.add(message.clientId);
      pointers.push(pointer);
      said.push({
        ...message,
        id: newId(),
        conversationId: place.id,
        seq: place.clientIds.size,
        createdAt: message.createdAt ?? now,
        editedAt: null,
        givenHash: hashOfGiven(message),
        createdBy: null,
      });
    }
    if (begun.length > 0) await this.begin(begun);
    for (const [index, outcome] of (await this.into.importMessages(said)).entries())
      if (outcome === 'archived' || outcome === 'brought-back' || outcome === 'displaced')
        this.notes.add(outcome, pointers[index] ?? '');
  }

  private async nameFor({ conversation: { externalId }, branches, branch }: TranscriptItem): Promise<string> {
    const known = this.names.get(branch);
    if (known !== undefined) return known;
    const name = branches === undefined ? externalId : await this.nameOf(externalId, branches, this.places);
    this.names.set(branch, name);
    return name;
  }

  private async begin(copies: readonly (ConversationCopy & { readonly externalId: string })[]): Promise<void> {
    const placed = await this.into.importConversations(copies);
    this.conversationIds.push(...placed.map(({ id }) => id));
    for (const [index, { id, exists }] of placed.slice(0, MOST_NAMED - this.named.length).entries())
      this.named.push({
        id: exists || !this.target.dryRun ? id : null,
        externalId: copies[index]?.externalId ?? '',
        status: exists ? 'existing' : 'created',
      });
  }
}

/** Items as they may be stored; places are shown as `/messages/17`, in the order of the file. */
async function* redacted(redaction: Redaction, items: AsyncIterable<TranscriptItem>): AsyncGenerator<TranscriptItem> {
  let count = 0;
  for await (const { conversation, message, ...place } of items) {
    // A conversation is one object for all of its messages: what was masked in it holds nothing any more.
    const copy = { conversation: { ...conversation }, message: { ...message }, ...place };
    await redaction.redact(copy.message, { pointer: `/messages/${count++}` });
    await redaction.redact(copy.conversation, { pointer: `/messages/${count - 1}/conversation` });
    yield copy;
  }
}

async function* batchesOf(items: AsyncIterable<TranscriptItem>): AsyncGenerator<readonly TranscriptItem[]> {
  let batch: TranscriptItem[] = [];
  let bytes = 0;
  for await (const item of items) {
    batch.push(item);
    bytes += contentBytes(item.message.content);
    if (batch.length < MESSAGES_AT_ONCE && bytes < BYTES_AT_ONCE) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
