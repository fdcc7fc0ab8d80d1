import type { AgentStateTransferService } from '#agent-state';
import type { ContextImport, ContextTransferService, VersionRef } from '#context';
import type { ConversationImport, ConversationTransferService } from '#conversation';
import type { HandoverTransferService } from '#handover';
import type { ContextId, EntryId, SessionId } from '#kernel';
import { ImportTally, type ImportTarget, namesOf } from '#project';
import type { Resolution, SessionTransferService } from '#session';
import type {
  AgentStateLine,
  CheckpointLine,
  ContextLine,
  ConversationLine,
  EntryLine,
  FileCounts,
  HandoverLine,
  MessageLine,
  PartLine,
  SessionLine,
} from './file/file-lines.js';
import {
  toAgentStateCopy,
  toCheckpointCopy,
  toContextCopy,
  toConversationCopy,
  toEntryCopy,
  toHandoverCopy,
  toMessageCopy,
  toSessionCopy,
} from './file/to-lines.js';

/** A version as the file knows it. */
type ContextRef = VersionRef & { readonly id: ContextId };

const RESOLUTIONS_AT_ONCE = 1_000;

/** What became of the things of a file, by kind. */
export type ImportTallies = Readonly<Record<keyof FileCounts, ImportTally>>;

/** Brings a checked file into a project, batch by batch in its order, in the caller's transaction. */
export class ProjectImport {
  readonly tallies: ImportTallies = {
    sessions: new ImportTally(),
    entries: new ImportTally(),
    contexts: new ImportTally(),
    handovers: new ImportTally(),
    agentStates: new ImportTally(),
    checkpoints: new ImportTally(),
    conversations: new ImportTally(),
    messages: new ImportTally(),
  };
  private readonly contextImport: ContextImport;
  private readonly conversationImport: ConversationImport;
  private hasSucceeded = false;
  private readonly resolutions: Resolution[] = [];
  private readonly successions: { readonly older: ContextRef; readonly newer: ContextRef }[] = [];

  constructor(
    private readonly target: ImportTarget,
    private readonly sessions: SessionTransferService,
    private readonly contexts: ContextTransferService,
    private readonly handovers: HandoverTransferService,
    private readonly agentStates: AgentStateTransferService,
    private readonly conversations: ConversationTransferService,
  ) {
    this.conversationImport = conversations.importInto(target, this.tallies);
    this.contextImport = contexts.importInto(target, this.tallies.contexts);
  }

  /** Whether anything of the project was or would be changed. */
  get hasChanged(): boolean {
    if (this.hasSucceeded) return true;
    return Object.values(this.tallies).some((tally) => tally.created + tally.overwritten + tally.newVersions > 0);
  }

  /** Whether texts were deleted: those of versions that another text took the place of. */
  get hasRemoved(): boolean {
    return this.contextImport.removed;
  }

  get broughtBack(): number {
    return this.contextImport.broughtBack;
  }

  /** @param lines of one type */
  async import(lines: readonly [PartLine, ...PartLine[]]): Promise<void> {
    switch (lines[0].type) {
      case 'session':
        return this.importSessions(lines as readonly SessionLine[]);
      case 'entry':
        return this.importEntries(lines as readonly EntryLine[]);
      case 'context':
        return this.importContexts(lines as readonly ContextLine[]);
      case 'handover':
        return this.importHandovers(lines as readonly HandoverLine[]);
      case 'agentState': {
        const states = (lines as readonly AgentStateLine[]).map(toAgentStateCopy);
        return this.agentStates.importStates(this.target, states, this.tallies.agentStates);
      }
      case 'checkpoint': {
        const checkpoints = (lines as readonly CheckpointLine[]).map(toCheckpointCopy);
        return this.agentStates.importCheckpoints(this.target, checkpoints, this.tallies.checkpoints);
      }
      case 'conversation':
        return this.importConversations(lines as readonly ConversationLine[]);
      case 'message':
        await this.conversationImport.importMessages((lines as readonly MessageLine[]).map(toMessageCopy));
    }
  }

  /** Call it when every line was brought. */
  async finish(): Promise<void> {
    const { resolutions, target } = this;
    for (let start = 0; start < resolutions.length; start += RESOLUTIONS_AT_ONCE) {
      const batch = resolutions.slice(start, start + RESOLUTIONS_AT_ONCE);
      const by = await this.sessions.identifyEntries(
        target,
        batch.map((resolution) => resolution.by),
      );
      await this.sessions.resolve(
        target,
        batch.map((resolution) => ({ ...resolution, by: by.get(resolution.by)?.id ?? resolution.by })),
      );
    }
    if (!target.dryRun) await this.succeed();
  }

  /** What takes the place of what is known when both are there. What the project has not is left out. */
  private async succeed(): Promise<void> {
    for (let start = 0; start < this.successions.length; start += RESOLUTIONS_AT_ONCE) {
      const batch = this.successions.slice(start, start + RESOLUTIONS_AT_ONCE);
      const located = await this.contexts.locate(
        this.target,
        batch.flatMap(({ older, newer }) => [older, newer]),
      );
      const known = batch.flatMap(({ older, newer }) => {
        const [olderId, newerId] = [located.get(older.id)?.id, located.get(newer.id)?.id];
        return olderId === undefined || newerId === undefined || olderId === newerId ? [] : [{ olderId, newerId }];
      });
      if (await this.contexts.succeed(this.target, known)) this.hasSucceeded = true;
    }
  }

  private async importSessions(lines: readonly SessionLine[]): Promise<void> {
    const copies = lines.map(toSessionCopy);
    const identities = await this.identifySessions(copies.map(({ id }) => id));
    await this.sessions.importSessions(this.target, copies, identities, this.tallies.sessions);
  }

  private async importEntries(lines: readonly EntryLine[]): Promise<void> {
    const sessionOf = await this.sessionsOf(lines.map(({ sessionId }) => sessionId));
    const copies = lines.map((line) => toEntryCopy(line, line.sessionId === null ? null : sessionOf(line.sessionId)));
    const identities = await this.sessions.identifyEntries(
      this.target,
      copies.map(({ id }) => id),
    );
    const written = await this.sessions.importEntries(this.target, copies, identities, this.tallies.entries);
    for (const { id, resolvedAt: at, resolvedBy: by } of written)
      if (at !== null && by !== null) this.resolutions.push({ id, by, at });
  }

  private async importContexts(lines: readonly ContextLine[]): Promise<void> {
    const sessionOf = await this.sessionsOf(lines.map(({ sessionId }) => sessionId));
    const copies = lines.map((line) => toContextCopy(line, line.sessionId === null ? null : sessionOf(line.sessionId)));
    for (const newer of copies)
      this.successions.push(...newer.supersedes.map((older) => ({ older, newer: refOf(newer) })));
    await this.contextImport.import(copies);
  }

  private async importHandovers(lines: readonly HandoverLine[]): Promise<void> {
    const session = await this.sessionsOf(
      lines.flatMap(({ sessionId, acknowledgedSessionId }) => [sessionId, acknowledgedSessionId]),
    );
    const entries = await this.sessions.identifyEntries(this.target, [
      ...new Set(lines.flatMap(entryIdsOf)),
    ] as EntryId[]);
    const used = lines.flatMap(({ content }) => content.contextsUsed);
    const contexts = await this.contexts.locate(
      this.target,
      used.map((ref) => ({ ...ref, id: ref.id as ContextId })),
    );
    const idMap = {
      session,
      entry: (id: string) => {
        const identity = entries.get(id as EntryId);
        return identity?.exists === true ? identity.id : undefined;
      },
      context: (id: string) => contexts.get(id as ContextId),
    };
    const copies = lines.map((line) => toHandoverCopy(line, idMap));
    await this.handovers.import(this.target, copies, this.tallies.handovers);
  }

  private async importConversations(lines: readonly ConversationLine[]): Promise<void> {
    const sessionOf = await this.sessionsOf(lines.map(({ sessionId }) => sessionId));
    await this.conversationImport.importConversations(
      lines.map((line) => toConversationCopy(line, line.sessionId === null ? null : sessionOf(line.sessionId))),
    );
  }

  /** How the project knows the sessions that lines name: all of them are lines before. */
  private async sessionsOf(ids: readonly (string | null)[]): Promise<(id: string) => SessionId> {
    const named = [...new Set(ids.filter((id) => id !== null))] as SessionId[];
    const identities = await this.identifySessions(named);
    return (id) => {
      const identity = identities.get(id as SessionId);
      if (identity === undefined) throw new Error('Every session that is named is identified.');
      return identity.id;
    };
  }

  private async identifySessions(ids: readonly SessionId[]) {
    const names = namesOf(this.target, ids);
    const alsoHere = new Set([
      ...(await this.contexts.sessionsHere(this.target, names)),
      ...(await this.handovers.sessionsHere(this.target, names)),
      ...(await this.conversations.sessionsHere(this.target, names)),
    ]);
    return this.sessions.identifySessions(this.target, ids, alsoHere);
  }
}

function refOf({ id, label, version }: ContextRef): ContextRef {
  return { id, label, version };
}

function entryIdsOf({ content }: HandoverLine): string[] {
  const { workDone, decisions, openTodos, questions, errors, insights } = content;
  return [workDone, decisions, openTodos, questions, errors, insights].flatMap((items) =>
    items.flatMap(({ entryId }) => (entryId === null ? [] : [entryId])),
  );
}
