import { Injectable } from '@nestjs/common';
import { ListCache } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import {
  Clock,
  type ConversationId,
  InvalidInputError,
  MAX_METADATA_BYTES,
  mergePatch,
  type Metadata,
  metadataBytes,
  newId,
  newRevision,
  type SessionId,
  type WorkspaceId,
} from '#kernel';
import { ProjectService } from '#project';
import { SessionService } from '#session';
import type { Conversation, ConversationState } from '../conversation.js';
import { anyConversationTag, conversationsTag, conversationTag } from '../conversation.cache.js';
import { conversationNotFound } from '../conversation.errors.js';
import { ConversationChanges } from '../conversation-changes.js';
import { MessageObservers } from '../message-observers.js';
import { SessionChangeReindexing } from '../session-change-reindexing.js';
import { PostgresMessageRepository } from '../messages/postgres-message.repository.js';
import { PostgresConversationRepository } from './postgres-conversation.repository.js';

/** Its project is made where it is missing. */
interface NewConversation extends Pick<
  Conversation,
  'project' | 'externalId' | 'userId' | 'sessionId' | 'title' | 'metadata'
> {
  /** Of the original, where it is imported; now where absent. */
  readonly createdAt?: Date | undefined;
}

/** Absent keeps, null clears. */
interface ConversationPatch {
  readonly title?: string | null | undefined;
  readonly userId?: string | null | undefined;
  readonly sessionId?: SessionId | null | undefined;
  /** A JSON merge patch (RFC 7396). */
  readonly metadata?: Metadata | null | undefined;
}

const SESSION_POINTER = { pointer: '/sessionId' } as const;

/** Conversations: begun, named, archived and deleted. What is said in them is with `MessageService`. */
@Injectable()
export class ConversationService {
  constructor(
    private readonly repository: PostgresConversationRepository,
    private readonly messages: PostgresMessageRepository,
    private readonly projects: ProjectService,
    private readonly sessions: SessionService,
    private readonly changes: ConversationChanges,
    private readonly observers: MessageObservers,
    private readonly reindexing: SessionChangeReindexing,
    private readonly transactions: TransactionRunner,
    private readonly queries: ListCache,
    private readonly clock: Clock,
  ) {}

  /**
   * A new conversation; the one that is there, as it is, where the project has one of that external id. Safe for any
   * number of concurrent callers: all get the same one.
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired`
   */
  create(
    workspaceId: WorkspaceId,
    input: NewConversation,
  ): Promise<{ readonly conversation: Conversation; readonly exists: boolean }> {
    return this.transactions.run(
      async () => {
        const { externalId, sessionId } = input;
        const project = await this.projects.ensure(workspaceId, input.project);
        const known =
          externalId === null ? undefined : await this.repository.findByExternalId(workspaceId, project.id, externalId);
        if (known !== undefined) return { conversation: known, exists: true };
        if (sessionId !== null) await this.sessions.recordActivity(workspaceId, sessionId, SESSION_POINTER);
        const conversation: Conversation = {
          workspaceId,
          id: newId(),
          projectId: project.id,
          project: project.slug,
          externalId,
          userId: input.userId,
          sessionId,
          title: input.title,
          metadata: input.metadata,
          createdAt: input.createdAt ?? this.clock.now(),
          archivedAt: null,
          lastSeq: 0,
          messageCount: 0,
          lastMessageAt: null,
          revision: newRevision(),
        };
        if (!(await this.repository.insert(conversation)) && externalId !== null) {
          const other = await this.repository.findByExternalId(workspaceId, project.id, externalId);
          if (other !== undefined) return { conversation: other, exists: true };
        }
        await this.changes.created(conversation);
        return { conversation, exists: false };
      },
      { retries: 1 },
    );
  }

  /** @throws DomainError `conversation-not-found` */
  async get(workspaceId: WorkspaceId, id: ConversationId): Promise<Conversation> {
    const tags = [conversationTag({ workspace: workspaceId, id })];
    const query = { workspace: workspaceId, statement: 'conversation', parameters: id, tags };
    const conversation = await this.queries.read(query, () => this.repository.find(workspaceId, id));
    if (conversation?.workspaceId !== workspaceId) throw conversationNotFound(id);
    return conversation;
  }

  /** Newest first. A project that does not exist has none. */
  async list(
    workspaceId: WorkspaceId,
    filter: {
      readonly project?: string | undefined;
      readonly userId?: string | undefined;
      readonly sessionId?: SessionId | undefined;
      readonly state?: ConversationState | undefined;
    },
    after: ConversationId | undefined,
    limit: number,
  ): Promise<Page<Conversation, [ConversationId]>> {
    const { project: slug, ...of } = filter;
    const project = slug === undefined ? undefined : await this.projects.find(workspaceId, slug);
    if (slug !== undefined && project === undefined) return { items: [] };
    const named = { workspace: workspaceId, project: slug ?? '' };
    const query = {
      workspace: workspaceId,
      statement: slug === undefined ? 'conversations of all projects' : 'conversations',
      parameters: { ...of, projectId: project?.id, after, limit },
      tags: [slug === undefined ? anyConversationTag(named) : conversationsTag(named)],
    };
    return this.queries.read(query, () =>
      this.repository.list(workspaceId, { ...of, projectId: project?.id }, after, limit),
    );
  }

  /**
   * Changes what its client says about it. With another session its messages are found by that one.
   * @throws DomainError `conversation-not-found`, `precondition-failed`; `session-not-found`, `session-ended`,
   * `session-expired`; `invalid-input` where the merged metadata is too large
   */
  patch(
    workspaceId: WorkspaceId,
    id: ConversationId,
    patch: ConversationPatch,
    preconditions?: Preconditions,
  ): Promise<Conversation> {
    return this.change(workspaceId, id, preconditions, async (conversation) => {
      const { metadata: given, sessionId } = patch;
      const metadata =
        given === undefined ? conversation.metadata : given === null ? {} : mergePatch(conversation.metadata, given);
      if (metadataBytes(metadata) > MAX_METADATA_BYTES)
        throw new InvalidInputError('/metadata', `must be at most ${MAX_METADATA_BYTES} bytes of JSON when merged`);
      if (sessionId !== undefined && sessionId !== null && sessionId !== conversation.sessionId)
        await this.sessions.recordActivity(workspaceId, sessionId, SESSION_POINTER);
      const changed = {
        ...conversation,
        title: patch.title === undefined ? conversation.title : patch.title,
        userId: patch.userId === undefined ? conversation.userId : patch.userId,
        sessionId: sessionId === undefined ? conversation.sessionId : sessionId,
        metadata,
        revision: newRevision(),
      };
      if (changed.sessionId !== conversation.sessionId) await this.reindexing.reindex(changed);
      return changed;
    });
  }

  /** It takes no more messages until it is restored. Archiving again changes nothing. @throws as `patch` */
  archive(workspaceId: WorkspaceId, id: ConversationId, preconditions?: Preconditions): Promise<Conversation> {
    return this.setArchived(workspaceId, id, (before) => before ?? this.clock.now(), preconditions);
  }

  /** Takes the archiving back. @throws as `patch` */
  restore(workspaceId: WorkspaceId, id: ConversationId, preconditions?: Preconditions): Promise<Conversation> {
    return this.setArchived(workspaceId, id, () => null, preconditions);
  }

  /**
   * Deletes it with its messages, for good: nothing finds it from the commit on.
   * @returns how many messages it held
   * @throws DomainError `conversation-not-found`, `precondition-failed`
   */
  delete(workspaceId: WorkspaceId, id: ConversationId, preconditions?: Preconditions): Promise<number> {
    return this.transactions.run(async () => {
      const conversation = await this.findForChange(workspaceId, id);
      requireMatch(preconditions, this.tagOf(conversation));
      await this.observers.removed(conversation, await this.messages.listIds(workspaceId, id));
      await this.repository.delete(workspaceId, id);
      await this.changes.deleted(conversation);
      return conversation.messageCount;
    });
  }

  /** Strong tag. Its state is what clients change of it; its messages are shown beside it. */
  tagOf({ id, revision, lastSeq, messageCount, lastMessageAt, sessionId }: Conversation): string {
    return entityTag([id, revision], [`${lastSeq}/${messageCount}`, lastMessageAt?.toISOString(), sessionId]);
  }

  /** For a change in the surrounding transaction, which keeps all others waiting. @throws DomainError `conversation-not-found` */
  async findForChange(workspaceId: WorkspaceId, id: ConversationId): Promise<Conversation> {
    const conversation = await this.repository.findForChange(workspaceId, id);
    if (conversation === undefined) throw conversationNotFound(id);
    return conversation;
  }

  private setArchived(
    workspaceId: WorkspaceId,
    id: ConversationId,
    archivedAtOf: (before: Date | null) => Date | null,
    preconditions: Preconditions | undefined,
  ): Promise<Conversation> {
    return this.change(workspaceId, id, preconditions, async (conversation) => {
      const archivedAt = archivedAtOf(conversation.archivedAt);
      if (archivedAt === conversation.archivedAt) return conversation;
      const changed = { ...conversation, archivedAt, revision: newRevision() };
      await this.observers.archived(changed, await this.messages.listIds(workspaceId, id));
      return changed;
    });
  }

  private change(
    workspaceId: WorkspaceId,
    id: ConversationId,
    preconditions: Preconditions | undefined,
    work: (conversation: Conversation) => Promise<Conversation>,
  ): Promise<Conversation> {
    return this.transactions.run(async () => {
      const conversation = await this.findForChange(workspaceId, id);
      requireMatch(preconditions, this.tagOf(conversation));
      const changed = await work(conversation);
      if (changed === conversation) return conversation;
      await this.repository.update(changed);
      await this.changes.written(changed);
      return changed;
    });
  }
}
