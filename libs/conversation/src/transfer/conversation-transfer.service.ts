import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ConversationId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { ImportTarget } from '#project';
import type { Conversation } from '../conversation.js';
import type { Message } from '../message.js';
import { MessageObservers } from '../message-observers.js';
import { PostgresMessageRepository } from '../messages/postgres-message.repository.js';
import { SessionChangeReindexing } from '../session-change-reindexing.js';
import { ConversationImport, type ConversationTallies } from './conversation-import.js';
import { ConversationRows, type MessagePlace, MessageRows } from './conversation-rows.js';

/** Of an `externalId`. */
const LONGEST_NAME = 200;

const CONVERSATIONS_AT_ONCE = 100;
const MESSAGES_AT_ONCE = 200;
/** Contents that are in memory together, but for one that is longer. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** Conversations and messages on their way out of a project and into another. Reading is as the caller's transaction sees it. */
@Injectable()
export class ConversationTransferService {
  constructor(
    private readonly conversations: ConversationRows,
    private readonly messages: MessageRows,
    private readonly repository: PostgresMessageRepository,
    private readonly observers: MessageObservers,
    private readonly reindexing: SessionChangeReindexing,
  ) {}

  /** Differs whenever something that is read here has changed. */
  async mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const conversations = await this.conversations.fingerprint(workspaceId, projectId);
    return `${conversations}/${await this.messages.fingerprint(workspaceId, projectId)}`;
  }

  countConversations(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.conversations.count(workspaceId, projectId);
  }

  countMessages(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.messages.count(workspaceId, projectId);
  }

  /** In the order of their ids: page by page, each from behind the last. */
  listConversations(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: ConversationId | undefined,
  ): Promise<readonly Conversation[]> {
    return this.conversations.list(workspaceId, projectId, after, CONVERSATIONS_AT_ONCE);
  }

  /** All of the project, by conversation and number. Memory holds a page of them. */
  async *listMessages(workspaceId: WorkspaceId, projectId: ProjectId): AsyncGenerator<Message> {
    let ids: readonly ConversationId[] = [];
    do {
      ids = await this.conversations.listIds(workspaceId, projectId, ids.at(-1), CONVERSATIONS_AT_ONCE);
      let after: MessagePlace | undefined;
      do {
        const page = await this.messages.listOf(workspaceId, ids, after, MESSAGES_AT_ONCE, BYTES_AT_ONCE);
        yield* page;
        after = page.at(-1);
      } while (after !== undefined);
    } while (ids.length === CONVERSATIONS_AT_ONCE);
  }

  /** Sessions that a conversation belongs to, in the order of their ids. */
  listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    return this.conversations.listSessionIds(workspaceId, projectId, after, limit);
  }

  /** Those of these sessions that a conversation of the project belongs to. */
  sessionsHere({ workspaceId, projectId }: ImportTarget, among: readonly SessionId[]): Promise<readonly SessionId[]> {
    return this.conversations.sessionsHere(workspaceId, projectId, among);
  }

  /** Begins to bring a file's conversations, in the caller's transaction. What is cached is dropped by the caller. */
  importInto(target: ImportTarget, tallies: ConversationTallies): ConversationImport {
    return this.begin(target, tallies, false);
  }

  /** As `importInto`, but as an append does: conversations that are archived take no messages. */
  appendTo(target: ImportTarget, tallies: ConversationTallies): ConversationImport {
    return this.begin(target, tallies, true);
  }

  /**
   * Under which `externalId` the project has, or is to have, the branch of a conversation that was shown last: its own, as
   * long as no message of another branch is stored there to which it would be appended. Then it is a conversation of its
   * own, named by the first message that is new, and so on from there.
   * @param imported what is imported in the same transaction, by `externalId`: it counts as stored
   */
  async findBranch(
    { workspaceId, projectId }: ImportTarget,
    externalId: string,
    { shown, others }: { readonly shown: readonly string[]; readonly others: readonly string[] },
    imported: ReadonlyMap<string, { readonly clientIds: ReadonlySet<string> }>,
  ): Promise<string> {
    const tried = new Set<string>();
    for (let name = externalId; ;) {
      // Where messages were deleted, a branch may lead back to its own name.
      if (tried.has(name)) return name;
      tried.add(name);
      const id = (await this.conversations.findNamed(workspaceId, projectId, [name])).get(name);
      const clientIds = imported.get(name)?.clientIds;
      if (id === undefined && clientIds === undefined) return name;
      const known = async (ids: readonly string[]) => {
        const stored = id === undefined ? [] : await this.repository.findKnown(workspaceId, id, ids);
        return new Set([...stored.map(({ clientId }) => clientId), ...ids.filter((one) => clientIds?.has(one))]);
      };
      if ((await known(others)).size === 0) return name;
      const there = await known(shown);
      const first = shown.find((clientId) => !there.has(clientId));
      if (first === undefined) return name;
      name = branchName(externalId, first);
    }
  }

  private begin(target: ImportTarget, tallies: ConversationTallies, sparesArchived: boolean): ConversationImport {
    const { conversations, messages, repository, observers, reindexing } = this;
    const rows = { conversations, messages, repository };
    return new ConversationImport(target, rows, observers, reindexing, tallies, sparesArchived);
  }
}

/** @param first message that is on this branch alone */
function branchName(externalId: string, first: string): string {
  const name = `${externalId}@${first}`;
  return name.length <= LONGEST_NAME ? name : createHash('sha256').update(name).digest('hex');
}
