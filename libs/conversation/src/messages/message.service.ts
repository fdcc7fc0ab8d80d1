import { Injectable } from '@nestjs/common';
import { ListCache } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Preconditions, requireMatch } from '#http';
import {
  Clock,
  type ConversationId,
  type MessageId,
  type Metadata,
  newId,
  newRevision,
  type Principal,
  type WorkspaceId,
} from '#kernel';
import { writtenByCaller } from '#observability';
import { ForgottenTexts } from '#project';
import { SessionService } from '#session';
import { conversationTag } from '../conversation.cache.js';
import { clientIdTaken, conversationArchived, messageNotFound } from '../conversation.errors.js';
import { ConversationChanges } from '../conversation-changes.js';
import type { Conversation } from '../conversation.js';
import { ConversationService } from '../conversations/conversation.service.js';
import { PostgresConversationRepository } from '../conversations/postgres-conversation.repository.js';
import { contentBytes, hashOfGiven, type Message, type MessageContent, textsAt } from '../message.js';
import { MessageObservers } from '../message-observers.js';
import { callsIn } from '../tool-links.js';
import { TokenCounter } from '../window/token-counter.js';
import { loadAround, loadRange, type MessageList } from './message-list.js';
import { type KnownMessage, type MessageRange, PostgresMessageRepository } from './postgres-message.repository.js';

interface NewMessage extends Pick<Message, 'clientId' | 'role' | 'name' | 'content' | 'metadata'> {
  /** Of the original, where it is imported; now where absent. */
  readonly createdAt?: Date | undefined;
}

/** What became of a message that was to be appended. */
interface AppendedMessage {
  readonly id: MessageId;
  readonly clientId: string | null;
  readonly seq: number;
  /** `duplicate`: it was there, under its `clientId`. */
  readonly status: 'stored' | 'duplicate';
}

/** What a list shows: messages around one, or from one end of a range. */
export type ListedMessages = { readonly around: number } | MessageRange;

/** What is said in conversations. */
@Injectable()
export class MessageService {
  constructor(
    private readonly messages: PostgresMessageRepository,
    private readonly repository: PostgresConversationRepository,
    private readonly conversations: ConversationService,
    private readonly sessions: SessionService,
    private readonly changes: ConversationChanges,
    private readonly observers: MessageObservers,
    private readonly tokens: TokenCounter,
    private readonly transactions: TransactionRunner,
    private readonly queries: ListCache,
    private readonly clock: Clock,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /**
   * Adds messages at the end, in their order, all or none. One whose `clientId` is there with the same text is a
   * duplicate and is not stored again. Counts as activity of the session of the conversation. Concurrent writers wait for
   * one another: sequence numbers have no gaps when they are given out, and are given out once.
   * @throws DomainError `conversation-not-found`, `conversation-archived`; `message-client-id-taken` for a `clientId` of
   * another text; `context-rejected` for a text that the project rejects
   */
  async append(
    workspaceId: WorkspaceId,
    id: ConversationId,
    given: readonly NewMessage[],
  ): Promise<readonly AppendedMessage[]> {
    const place = await this.conversations.get(workspaceId, id);
    const { sessionId } = place;
    const texts = given.flatMap(({ content }, index) => textsAt(`/messages/${index}/content`, content));
    await this.forgotten.refuse(place, texts);
    this.tokens.prepare();
    if (sessionId !== null) await this.sessions.noteActivity(workspaceId, sessionId);
    return this.transactions.run(
      async () => {
        const conversation = await this.conversations.findForChange(workspaceId, id);
        const { appended, added } = await this.place(conversation, given);
        if (added.length === 0) return appended;
        if (conversation.archivedAt !== null) throw conversationArchived(id);
        await this.store(conversation, added);
        return appended;
      },
      { retries: 1 },
    );
  }

  /** @throws DomainError `conversation-not-found`, `message-not-found` */
  async get(workspaceId: WorkspaceId, conversationId: ConversationId, id: MessageId): Promise<Message> {
    const tags = [conversationTag({ workspace: workspaceId, id: conversationId })];
    const query = { workspace: workspaceId, statement: 'message', parameters: [conversationId, id], tags };
    const message = await this.queries.read(query, () => this.messages.find(workspaceId, conversationId, id));
    if (message?.workspaceId !== workspaceId) {
      await this.conversations.get(workspaceId, conversationId);
      throw messageNotFound(id);
    }
    return message;
  }

  /** At most `limit`. @throws DomainError `conversation-not-found` */
  async list(
    workspaceId: WorkspaceId,
    id: ConversationId,
    listed: ListedMessages,
    limit: number,
  ): Promise<MessageList> {
    await this.conversations.get(workspaceId, id);
    const query = {
      workspace: workspaceId,
      statement: 'messages',
      parameters: { id, listed, limit },
      tags: [conversationTag({ workspace: workspaceId, id })],
    };
    return this.queries.read(query, () =>
      'around' in listed
        ? loadAround(this.messages, { workspaceId, id }, listed.around, limit)
        : loadRange(this.messages, { workspaceId, id }, listed, limit),
    );
  }

  /**
   * Puts another text, or other metadata, in the place of what is there; the earlier text stays in the audit as long as
   * the message is there.
   * @throws DomainError `conversation-not-found`, `message-not-found`, `precondition-failed`, `context-rejected`
   */
  edit(
    { workspaceId, id: principalId }: Principal,
    conversationId: ConversationId,
    id: MessageId,
    edit: { readonly content?: MessageContent | undefined; readonly metadata?: Metadata | undefined },
    preconditions?: Preconditions,
  ): Promise<Message> {
    return this.transactions.run(async () => {
      const conversation = await this.conversations.findForChange(workspaceId, conversationId);
      const message = await this.messages.find(workspaceId, conversationId, id);
      if (message === undefined) throw messageNotFound(id);
      requireMatch(preconditions, this.tagOf(message));
      const { content = message.content, metadata = message.metadata } = edit;
      if (edit.content !== undefined) await this.forgotten.refuse(conversation, textsAt('/content', edit.content));
      const editedAt = this.clock.now();
      const edited: Message = {
        ...message,
        content,
        metadata,
        editedAt,
        sizeBytes: contentBytes(content),
        calls: callsIn(content),
        revision: newRevision(),
      };
      await this.messages.edit(edited, message, principalId, editedAt);
      await this.observers.written([{ conversation, messages: [edited] }]);
      await this.changes.edited(conversation);
      return edited;
    });
  }

  /** Its sequence number is not given out again. @throws as `edit` */
  delete(
    workspaceId: WorkspaceId,
    conversationId: ConversationId,
    id: MessageId,
    preconditions?: Preconditions,
  ): Promise<void> {
    return this.transactions.run(async () => {
      const conversation = await this.conversations.findForChange(workspaceId, conversationId);
      const message = await this.messages.find(workspaceId, conversationId, id);
      if (message === undefined) throw messageNotFound(id);
      requireMatch(preconditions, this.tagOf(message));
      await this.observers.removed(conversation, [id]);
      await this.messages.delete(workspaceId, conversationId, id);
      await this.update({ ...conversation, messageCount: conversation.messageCount - 1 });
    });
  }

  /** Deletes all messages; the conversation stays, and goes on counting. @returns how many there were */
  clear(workspaceId: WorkspaceId, id: ConversationId): Promise<number> {
    return this.transactions.run(async () => {
      const conversation = await this.conversations.findForChange(workspaceId, id);
      await this.observers.removed(conversation, await this.messages.listIds(workspaceId, id));
      const count = await this.messages.delete(workspaceId, id);
      if (count > 0) await this.update({ ...conversation, messageCount: 0 });
      return count;
    });
  }

  /** Strong tag of its state. */
  tagOf({ id, revision }: Message): string {
    return entityTag([id, revision]);
  }

  /** Gives new messages their places, and finds the others again. */
  private async place(
    conversation: Conversation,
    given: readonly NewMessage[],
  ): Promise<{ readonly appended: readonly AppendedMessage[]; readonly added: readonly Message[] }> {
    const { workspaceId, id: conversationId, projectId } = conversation;
    const clientIds = given.map(({ clientId }) => clientId).filter((clientId) => clientId !== null);
    const stored = await this.messages.findKnown(workspaceId, conversationId, clientIds);
    const known = new Map<string | null, KnownMessage>(stored.map((message) => [message.clientId, message]));
    const now = this.clock.now();
    const author = writtenByCaller();
    const added: Message[] = [];
    const appended = given.map((message, index): AppendedMessage => {
      const givenHash = hashOfGiven(message);
      const { clientId } = message;
      const same = clientId === null ? undefined : known.get(clientId);
      if (same !== undefined) {
        if (same.givenHash !== givenHash) throw clientIdTaken(index);
        return { id: same.id, clientId, seq: same.seq, status: 'duplicate' };
      }
      const placed: Message = {
        ...message,
        workspaceId,
        id: newId(),
        conversationId,
        projectId,
        seq: conversation.lastSeq + added.length + 1,
        createdAt: message.createdAt ?? now,
        editedAt: null,
        givenHash,
        sizeBytes: contentBytes(message.content),
        calls: callsIn(message.content),
        revision: newRevision(),
        ...author,
      };
      added.push(placed);
      if (clientId !== null) known.set(clientId, placed);
      return { id: placed.id, clientId, seq: placed.seq, status: 'stored' };
    });
    return { appended, added };
  }

  private async store(conversation: Conversation, added: readonly Message[]): Promise<void> {
    await this.messages.insert(added);
    const latest = Math.max(
      ...added.map(({ createdAt }) => createdAt.getTime()),
      conversation.lastMessageAt?.getTime() ?? Number.NEGATIVE_INFINITY,
    );
    await this.observers.written([{ conversation, messages: added }]);
    await this.update({
      ...conversation,
      lastSeq: conversation.lastSeq + added.length,
      messageCount: conversation.messageCount + added.length,
      lastMessageAt: new Date(latest),
    });
  }

  private async update(conversation: Conversation): Promise<void> {
    await this.repository.update(conversation);
    await this.changes.written(conversation);
  }
}
