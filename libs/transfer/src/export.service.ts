import { Injectable } from '@nestjs/common';
import { AgentStateTransferService } from '#agent-state';
import { ContextTransferService, type VersionRef } from '#context';
import { Snapshots } from '#database';
import { ConversationTransferService } from '#conversation';
import { HandoverTransferService } from '#handover';
import {
  type AgentStateId,
  type CheckpointId,
  Clock,
  type ConversationId,
  type EntryId,
  type HandoverId,
  productVersion,
  type SessionId,
  type WorkspaceId,
} from '#kernel';
import { type Project, ProjectReader } from '#project';
import { SessionTransferService } from '#session';
import { FORMAT, FORMAT_VERSION, noCounts } from './file/file-lines.js';
import { FileWriter } from './file/file-writer.js';
import { Spool } from './file/spool.js';
import {
  toAgentStateLine,
  toCheckpointLine,
  toContextLine,
  toConversationLine,
  toEntryLine,
  toHandoverLine,
  toMessageLine,
  toSessionLine,
} from './file/to-lines.js';

const IDS_AT_ONCE = 1_000;
const SESSIONS_AT_ONCE = 200;

/** Writes a project as a file. */
@Injectable()
export class ExportService {
  private readonly productVersion = productVersion();

  constructor(
    private readonly projects: ProjectReader,
    private readonly sessions: SessionTransferService,
    private readonly contexts: ContextTransferService,
    private readonly handovers: HandoverTransferService,
    private readonly agentStates: AgentStateTransferService,
    private readonly conversations: ConversationTransferService,
    private readonly snapshots: Snapshots,
    private readonly clock: Clock,
  ) {}

  /**
   * The whole project as it is at one moment, whatever is written meanwhile: sessions, entries, every version of its
   * contexts with what is archived, handovers, states of agents and their checkpoints, conversations and their messages. A
   * project that does not exist is empty. Memory holds a page of it; the file is on disk until the caller releases or
   * closes it.
   * @throws DomainError `project-busy`, on the embedded database
   */
  async export(workspaceId: WorkspaceId, slug: string): Promise<Spool> {
    const spool = await Spool.open();
    try {
      const project = await this.projects.find(workspaceId, slug);
      await this.snapshots.read(
        async () => (project === undefined ? '' : this.markOf(project)),
        () => this.write(spool, slug, project),
      );
      return spool;
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  private async markOf({ workspaceId, id }: Project): Promise<string> {
    // One after the other: within a transaction there is one connection.
    const sessions = await this.sessions.mark(workspaceId, id);
    const contexts = await this.contexts.mark(workspaceId, id);
    const handovers = await this.handovers.mark(workspaceId, id);
    const agentStates = await this.agentStates.mark(workspaceId, id);
    return [sessions, contexts, handovers, agentStates, await this.conversations.mark(workspaceId, id)].join(' ');
  }

  private async write(spool: Spool, slug: string, project: Project | undefined): Promise<void> {
    const file = new FileWriter(spool);
    const now = this.clock.now();
    await file.write({
      type: 'header',
      format: FORMAT,
      formatVersion: FORMAT_VERSION,
      productVersion: this.productVersion,
      project: slug,
      exportedAt: now.toISOString(),
      counts: project === undefined ? noCounts() : await this.countsOf(project, now),
    });
    await file.write({ type: 'project', slug, createdAt: (project?.createdAt ?? now).toISOString() });
    if (project !== undefined) {
      await this.writeParts(file, project);
      await this.writeAgents(file, project, now);
      await this.writeConversations(file, project);
    }
    await file.end();
  }

  private async countsOf(project: Project, now: Date) {
    const { workspaceId, id } = project;
    let sessions = 0;
    for await (const _ of this.sessionIdsOf(project)) sessions++;
    const entries = await this.sessions.countEntries(workspaceId, id);
    const contexts = await this.contexts.count(workspaceId, id);
    const handovers = await this.handovers.count(workspaceId, id);
    const agentStates = await this.agentStates.countStates(workspaceId, id, now);
    const checkpoints = await this.agentStates.countCheckpoints(workspaceId, id);
    const conversations = await this.conversations.countConversations(workspaceId, id);
    const messages = await this.conversations.countMessages(workspaceId, id);
    return { sessions, entries, contexts, handovers, agentStates, checkpoints, conversations, messages };
  }

  private async writeParts(file: FileWriter, project: Project): Promise<void> {
    const { workspaceId, id: projectId } = project;
    let ids: SessionId[] = [];
    const writeSessions = async () => {
      for (const session of await this.sessions.findSessions(workspaceId, ids))
        await file.write(toSessionLine(session));
      ids = [];
    };
    for await (const id of this.sessionIdsOf(project)) {
      ids.push(id);
      if (ids.length === SESSIONS_AT_ONCE) await writeSessions();
    }
    await writeSessions();

    let afterEntry: EntryId | undefined;
    for (;;) {
      const page = await this.sessions.listEntries(workspaceId, projectId, afterEntry);
      for (const entry of page) await file.write(toEntryLine(entry));
      afterEntry = page.at(-1)?.id;
      if (afterEntry === undefined) break;
    }

    let afterVersion: VersionRef | undefined;
    for (;;) {
      const page = await this.contexts.listVersions(workspaceId, projectId, afterVersion);
      for (const context of page) await file.write(toContextLine(context));
      afterVersion = page.at(-1);
      if (afterVersion === undefined) break;
    }

    let afterHandover: HandoverId | undefined;
    for (;;) {
      const page = await this.handovers.list(workspaceId, projectId, afterHandover);
      for (const handover of page) await file.write(toHandoverLine(handover));
      afterHandover = page.at(-1)?.id;
      if (afterHandover === undefined) break;
    }
  }

  /** @param now expired states are left out */
  private async writeAgents(file: FileWriter, { workspaceId, id: projectId }: Project, now: Date): Promise<void> {
    let afterState: AgentStateId | undefined;
    for (;;) {
      const page = await this.agentStates.listStates(workspaceId, projectId, now, afterState);
      for (const state of page) await file.write(toAgentStateLine(state));
      afterState = page.at(-1)?.id;
      if (afterState === undefined) break;
    }

    let afterCheckpoint: CheckpointId | undefined;
    for (;;) {
      const page = await this.agentStates.listCheckpoints(workspaceId, projectId, afterCheckpoint);
      for (const checkpoint of page) await file.write(toCheckpointLine(checkpoint));
      afterCheckpoint = page.at(-1)?.id;
      if (afterCheckpoint === undefined) break;
    }
  }

  private async writeConversations(file: FileWriter, { workspaceId, id: projectId }: Project): Promise<void> {
    let after: ConversationId | undefined;
    for (;;) {
      const page = await this.conversations.listConversations(workspaceId, projectId, after);
      for (const conversation of page) await file.write(toConversationLine(conversation));
      after = page.at(-1)?.id;
      if (after === undefined) break;
    }
    for await (const message of this.conversations.listMessages(workspaceId, projectId))
      await file.write(toMessageLine(message));
  }

  /** Those that work in the project, and those that left something there and work elsewhere by now. */
  private sessionIdsOf({ workspaceId, id }: Project): AsyncGenerator<SessionId> {
    const lists: readonly ((after: SessionId | undefined, limit: number) => Promise<readonly SessionId[]>)[] = [
      (after, limit) => this.sessions.listSessionIds(workspaceId, id, after, limit),
      (after, limit) => this.sessions.listLoggingSessionIds(workspaceId, id, after, limit),
      (after, limit) => this.contexts.listSessionIds(workspaceId, id, after, limit),
      (after, limit) => this.handovers.listSessionIds(workspaceId, id, after, limit),
      (after, limit) => this.conversations.listSessionIds(workspaceId, id, after, limit),
    ];
    return mergeIds(lists.map((list) => idsOf(list, IDS_AT_ONCE)));
  }
}

/** Reads a list page by page, each from behind the last. */
export async function* idsOf<Id extends string>(
  list: (after: Id | undefined, limit: number) => Promise<readonly Id[]>,
  limit: number,
): AsyncGenerator<Id> {
  let after: Id | undefined;
  for (;;) {
    const page = await list(after, limit);
    yield* page;
    if (page.length < limit) return;
    after = page.at(-1);
  }
}

/** Ids of several lists, each of which is in ascending order: in that order, every one once. */
export async function* mergeIds<Id extends string>(lists: readonly AsyncGenerator<Id>[]): AsyncGenerator<Id> {
  const heads: (Id | undefined)[] = [];
  for (const list of lists) heads.push(await nextOf(list));
  for (;;) {
    const present = heads.filter((head) => head !== undefined);
    const [first] = present.toSorted();
    if (first === undefined) return;
    yield first;
    // One after the other: within a transaction there is one connection.
    for (const [index, list] of lists.entries()) if (heads[index] === first) heads[index] = await nextOf(list);
  }
}

async function nextOf<Id>(list: AsyncGenerator<Id>): Promise<Id | undefined> {
  const { value, done } = await list.next();
  return done === true ? undefined : value;
}
