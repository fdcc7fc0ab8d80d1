import { copyId, type ConversationId, type MessageId, newId, newRevision } from '#kernel';
import { importedByCaller } from '#observability';
import { divide, identify, type Identity, type ImportTally, type ImportTarget, namesOf } from '#project';
import type { Conversation } from '../conversation.js';
import { contentBytes, type Message } from '../message.js';
import type { MessageObservers } from '../message-observers.js';
import type { PostgresMessageRepository } from '../messages/postgres-message.repository.js';
import type { SessionChangeReindexing } from '../session-change-reindexing.js';
import { callsIn } from '../tool-links.js';
import type { ConversationRows, MessageRows, PlacedMessage } from './conversation-rows.js';

/** A conversation as a file has it: of no place and no revision yet; its messages are counted when they come. */
export type ConversationCopy = Omit<
  Conversation,
  'workspaceId' | 'projectId' | 'project' | 'messageCount' | 'revision'
>;

/** A message as a file has it: without its place and what follows from its content. */
export type MessageCopy = Omit<
  Message,
  'workspaceId' | 'projectId' | 'sizeBytes' | 'calls' | 'revision' | 'importedAuthor'
>;

export interface ConversationTallies {
  readonly conversations: ImportTally;
  readonly messages: ImportTally;
}

/**
 * What became of a message of a file: `left-out` where another one has, or had, its number; `archived` where it was left
 * out since its conversation takes no messages. Stored, behind the newest one: `brought-back` where it is probably one that
 * was deleted, `displaced` where the conversation of its name has another message at its number.
 */
type MessageOutcome = 'stored' | 'brought-back' | 'displaced' | 'overwritten' | 'known' | 'left-out' | 'archived';

/** A message that a file brings, under the conversation that the project has for it. */
interface Arrival {
  readonly copy: MessageCopy;
  /** Under which it is made where it is new. */
  readonly id: MessageId;
  /** The same message: by its id, or by its `clientId`. */
  readonly same: PlacedMessage | undefined;
  /** Another one that has its number. */
  readonly other: PlacedMessage | undefined;
}

/**
 * Brings conversations of a file, then their messages, by conversation and number, in the caller's transaction. A
 * conversation is the one of its id, or the one that the project has under its `externalId`. Every conversation that is
 * written to is kept from other changes until the end.
 */
export class ConversationImport {
  /** Of conversations whose id in the project does not follow from that in the file. */
  private readonly renamed = new Map<ConversationId, ConversationId>();
  /** Conversations whose numbers the project has given to other messages: what is new goes behind their newest. */
  private readonly shifted = new Set<ConversationId>();
  /**
   * Conversations that the project has under the `externalId` of another one in the file, so that their numbers are not
   * those of the file: as they were before.
   */
  private readonly joined = new Map<ConversationId, Conversation>();
  private readonly conversations: ConversationRows;
  private readonly messages: MessageRows;
  private readonly repository: PostgresMessageRepository;

  constructor(
    private readonly target: ImportTarget,
    rows: {
      readonly conversations: ConversationRows;
      readonly messages: MessageRows;
      readonly repository: PostgresMessageRepository;
    },
    private readonly observers: MessageObservers,
    private readonly reindexing: SessionChangeReindexing,
    private readonly tallies: ConversationTallies,
    /** Whether joined conversations that are archived take no messages. */
    private readonly sparesArchived: boolean,
  ) {
    this.conversations = rows.conversations;
    this.messages = rows.messages;
    this.repository = rows.repository;
  }

  /**
   * `overwrite` says of a conversation that is there what the file says; otherwise it stays. Its `externalId` stays.
   * @param copies with their sessions as the project knows them
   * @returns the conversations that they are in the project, in the order of the copies
   */
  async importConversations(copies: readonly ConversationCopy[]): Promise<readonly Identity<ConversationId>[]> {
    const { target } = this;
    const { workspaceId, projectId, project } = target;
    const identities = await this.identify(copies.map(({ id }) => id));
    const strangers = copies.filter(({ id }) => identities.get(id)?.exists !== true);
    const named = await this.conversations.findNamed(
      workspaceId,
      projectId,
      strangers.flatMap(({ externalId }) => (externalId === null ? [] : [externalId])),
    );
    for (const { id, externalId } of strangers) {
      const known = externalId === null ? undefined : named.get(externalId);
      if (known !== undefined) identities.set(id, { id: known, exists: true });
    }
    for (const conversation of await this.state([...named.values()]))
      if (!this.joined.has(conversation.id)) this.joined.set(conversation.id, conversation);
    for (const [id, identity] of identities)
      if (!namesOf(target, [id]).includes(identity.id)) this.renamed.set(id, identity.id);
    const { created, replaced } = divide(target, copies, identities, this.tallies.conversations);
    const placed = copies.map(({ id }) => identities.get(id) ?? { id, exists: false });
    if (target.dryRun) return placed;
    await this.conversations.insert(
      created.map((copy) => ({ ...copy, workspaceId, projectId, project, messageCount: 0, revision: newRevision() })),
    );
    await this.overwrite(replaced);
    return placed;
  }

  /**
   * Numbers that a joined conversation has given out are not given out again, whether their messages are there or not.
   * @param copies by conversation and number; of conversations that were brought before
   * @returns what became of each of them
   */
  async importMessages(copies: readonly MessageCopy[]): Promise<readonly MessageOutcome[]> {
    const { target } = this;
    const ids = [...new Set(copies.map(({ conversationId }) => conversationId))];
    const identities = await this.identify(ids.filter((id) => !this.renamed.has(id)));
    const conversationOf = (id: ConversationId) => this.renamed.get(id) ?? identities.get(id)?.id ?? id;
    const known = ids.map(conversationOf);
    const locked = await this.state(known);
    const arrivals = await this.locate(
      copies.map((copy) => ({ ...copy, conversationId: conversationOf(copy.conversationId) })),
    );
    const lastSeqs = new Map(locked.map(({ id, lastSeq }) => [id, lastSeq]));
    const { created, replaced, outcomes } = this.decide(arrivals, lastSeqs);
    if (target.dryRun || created.length + replaced.length === 0) return outcomes;
    await this.messages.insert(created);
    await this.messages.replace(replaced, ['conversationId', 'projectId', 'seq', 'clientId']);
    await this.count(created);
    const conversationFor = new Map(locked.map((conversation) => [conversation.id, conversation]));
    const written = byConversation([...created, ...replaced]);
    await this.observers.written(
      [...written].flatMap(([id, messages]) => {
        const conversation = conversationFor.get(id);
        return conversation === undefined ? [] : [{ conversation, messages }];
      }),
    );
    return outcomes;
  }

  /** Locked, where something is to be written. */
  private state(ids: readonly ConversationId[]): Promise<readonly Conversation[]> {
    const { workspaceId, dryRun } = this.target;
    return this.conversations[dryRun ? 'find' : 'lock'](workspaceId, ids);
  }

  private async identify(ids: readonly ConversationId[]) {
    const { target } = this;
    const { workspaceId, projectId } = target;
    return identify(target, ids, await this.conversations.places(workspaceId, projectId, namesOf(target, ids)));
  }

  private async overwrite(replaced: readonly ConversationCopy[]): Promise<void> {
    const { workspaceId, projectId, project } = this.target;
    const locked = await this.conversations.lock(
      workspaceId,
      replaced.map(({ id }) => id),
    );
    const before = new Map(locked.map((conversation) => [conversation.id, conversation]));
    const placed = replaced.flatMap((copy): Conversation[] => {
      const there = before.get(copy.id);
      if (there === undefined) return [];
      const { messageCount, lastSeq, lastMessageAt } = there;
      return [
        {
          ...copy,
          workspaceId,
          projectId,
          project,
          messageCount,
          lastSeq: Math.max(lastSeq, copy.lastSeq),
          lastMessageAt: latest(lastMessageAt, copy.lastMessageAt),
          revision: newRevision(),
        },
      ];
    });
    await this.conversations.replace(placed, ['projectId', 'externalId']);
    for (const conversation of placed) {
      const there = before.get(conversation.id);
      if (there?.sessionId !== conversation.sessionId) await this.reindexing.reindex(conversation);
      if ((there?.archivedAt !== null) === (conversation.archivedAt !== null)) continue;
      await this.observers.archived(conversation, await this.repository.listIds(workspaceId, conversation.id));
    }
  }

  /** Finds the messages of a file again, or gives them ids. */
  private async locate(copies: readonly MessageCopy[]): Promise<readonly Arrival[]> {
    const { workspaceId, projectId } = this.target;
    const names = copies.flatMap(({ id }) => [id, copyId(id, projectId)]);
    const placed = await this.messages.findPlaced(workspaceId, names, copies);
    const byId = new Map(placed.map((message) => [message.id, message]));
    const byPlace = new Map(placed.map((message) => [placeOf(message), message]));
    const byClientId = new Map(
      placed.flatMap((message): [string, PlacedMessage][] =>
        message.clientId === null ? [] : [[`${message.conversationId}/${message.clientId}`, message]],
      ),
    );
    return copies.map((copy): Arrival => {
      const own = [copy.id, copyId(copy.id, projectId)];
      const known = own.map((id) => byId.get(id)).find((message) => message?.conversationId === copy.conversationId);
      const named = copy.clientId === null ? undefined : byClientId.get(`${copy.conversationId}/${copy.clientId}`);
      const same = known ?? named;
      const other = byPlace.get(placeOf(copy));
      return { copy, id: own.find((id) => !byId.has(id)) ?? newId<MessageId>(), same, other };
    });
  }

  /** @param lastSeqs of the conversations; those that are not there yet have none */
  private decide(
    arrivals: readonly Arrival[],
    lastSeqs: Map<ConversationId, number>,
  ): {
    readonly created: readonly Message[];
    readonly replaced: readonly Message[];
    readonly outcomes: readonly MessageOutcome[];
  } {
    const { conflict } = this.target;
    const tally = this.tallies.messages;
    const created: Message[] = [];
    const replaced: Message[] = [];
    const outcomes = arrivals.map(({ copy, id, same, other }): MessageOutcome => {
      const { conversationId } = copy;
      if (same !== undefined && conflict === 'overwrite') {
        replaced.push(this.toMessage(copy, same.id, same.seq));
        tally.overwritten++;
        return 'overwritten';
      }
      if (same !== undefined) {
        tally.skipped++;
        return 'known';
      }
      const joined = this.joined.get(conversationId);
      if (this.sparesArchived && joined !== undefined && joined.archivedAt !== null) return 'archived';
      const wasGivenOut = joined !== undefined && copy.seq <= joined.lastSeq;
      const isTaken = other !== undefined || wasGivenOut;
      if (isTaken && conflict === 'skip') {
        tally.skipped++;
        return 'left-out';
      }
      if (isTaken) this.shifted.add(conversationId);
      const isShifted = this.shifted.has(conversationId);
      if (isShifted) tally.newVersions++;
      else tally.created++;
      const lastSeq = lastSeqs.get(conversationId) ?? 0;
      const seq = isShifted ? lastSeq + 1 : copy.seq;
      lastSeqs.set(conversationId, Math.max(lastSeq, seq));
      created.push(this.toMessage(copy, id, seq));
      if (!wasGivenOut) return 'stored';
      return joined.messageCount < joined.lastSeq ? 'brought-back' : 'displaced';
    });
    return { created, replaced, outcomes };
  }

  private toMessage(copy: MessageCopy, id: MessageId, seq: number): Message {
    const { workspaceId, projectId } = this.target;
    const { content } = copy;
    const derived = { sizeBytes: contentBytes(content), calls: callsIn(content), revision: newRevision() };
    return { ...copy, ...importedByCaller(copy), workspaceId, projectId, id, seq, ...derived };
  }

  private async count(created: readonly Message[]): Promise<void> {
    await this.conversations.add(
      this.target.workspaceId,
      [...byConversation(created)].map(([id, messages]) => ({
        id,
        count: messages.length,
        lastSeq: Math.max(...messages.map(({ seq }) => seq)),
        lastMessageAt: new Date(Math.max(...messages.map(({ createdAt }) => createdAt.getTime()))),
      })),
    );
  }
}

function placeOf({ conversationId, seq }: Pick<Message, 'conversationId' | 'seq'>): string {
  return `${conversationId}/${seq}`;
}

function latest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

function byConversation(messages: readonly Message[]): Map<ConversationId, Message[]> {
  const groups = new Map<ConversationId, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.conversationId);
    if (group === undefined) groups.set(message.conversationId, [message]);
    else group.push(message);
  }
  return groups;
}
