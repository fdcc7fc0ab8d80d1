import { Injectable } from '@nestjs/common';
import { type EntryId, newRevision, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { importedByCaller } from '#observability';
import { divide, identify, type Identity, type ImportTally, type ImportTarget, namesOf } from '#project';
import { SessionEntryRepository } from '../persistence/session-entry.repository.js';
import { SessionObservers } from '../session-observers.js';
import type { Session } from '../session.js';
import type { SessionEntry } from '../session-entry.js';
import { EntryRows, type Resolution, SessionRows } from './session-rows.js';

/** A session as a file has it: of no place and no revision yet. */
export type SessionCopy = Omit<Session, 'workspaceId' | 'projectId' | 'project' | 'revision'>;

/** An entry as a file has it: of no place yet. */
export type EntryCopy = Omit<SessionEntry, 'workspaceId' | 'projectId' | 'importedAuthor'>;

const ENTRIES_AT_ONCE = 200;

/**
 * Sessions and entries on their way out of a project and into another. Reading is as the caller's transaction sees it;
 * writing happens in the caller's transaction, and what is cached is dropped by it.
 */
@Injectable()
export class SessionTransferService {
  constructor(
    private readonly sessionRows: SessionRows,
    private readonly entryRows: EntryRows,
    private readonly entries: SessionEntryRepository,
    private readonly observers: SessionObservers,
  ) {}

  /** Differs whenever something that is read here has changed. */
  async mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const sessions = await this.sessionRows.fingerprint(workspaceId);
    return `${sessions}/${await this.entryRows.fingerprint(workspaceId, projectId)}`;
  }

  /** Sessions that work in the project, in the order of their ids. */
  listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    return this.sessionRows.listSessionIds(workspaceId, projectId, after, limit);
  }

  /** Sessions that have logged in the project, in the order of their ids. */
  listLoggingSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    return this.entryRows.listSessionIds(workspaceId, projectId, after, limit);
  }

  /** In the order of their ids. */
  findSessions(workspaceId: WorkspaceId, ids: readonly SessionId[]): Promise<readonly Session[]> {
    return this.sessionRows.find(workspaceId, ids);
  }

  countEntries(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.entryRows.count(workspaceId, projectId);
  }

  /** All of the project, in the order of their ids: page by page, each from behind the last. */
  listEntries(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: EntryId | undefined,
  ): Promise<readonly SessionEntry[]> {
    return this.entryRows.list(workspaceId, projectId, after, ENTRIES_AT_ONCE);
  }

  /** @param alsoHere of `namesOf` these sessions, those that left something else than entries in the project */
  async identifySessions(
    target: ImportTarget,
    ids: readonly SessionId[],
    alsoHere: ReadonlySet<SessionId>,
  ): Promise<Map<SessionId, Identity<SessionId>>> {
    const { workspaceId, projectId } = target;
    const names = namesOf(target, ids);
    const places = await this.sessionRows.places(workspaceId, projectId, names);
    const here = new Set([...alsoHere, ...(await this.entryRows.sessionsHere(workspaceId, projectId, names))]);
    return identify(target, ids, new Map([...places].map(([id, place]) => [id, here.has(id) ? 'here' : place])));
  }

  async identifyEntries(target: ImportTarget, ids: readonly EntryId[]): Promise<Map<EntryId, Identity<EntryId>>> {
    return identify(
      target,
      ids,
      await this.entryRows.places(target.workspaceId, target.projectId, namesOf(target, ids)),
    );
  }

  /** `overwrite` says of a session that is there what the file says; otherwise it stays as it is. */
  async importSessions(
    target: ImportTarget,
    copies: readonly SessionCopy[],
    identities: ReadonlyMap<SessionId, Identity<SessionId>>,
    tally: ImportTally,
  ): Promise<void> {
    const { created, replaced } = divide(target, copies, identities, tally);
    if (target.dryRun) return;
    const placed = (copy: SessionCopy): Session => ({ ...copy, ...placeOf(target), revision: newRevision() });
    const overwritten = replaced.map(placed);
    await this.sessionRows.insert(created.map(placed));
    await this.sessionRows.replace(overwritten, ['projectId']);
    for (const session of overwritten) if (session.finalisedAt !== null) await this.reportLog(session);
  }

  /** As `importSessions`. @returns the entries that were written, in the project, without what resolved them */
  async importEntries(
    target: ImportTarget,
    copies: readonly EntryCopy[],
    identities: ReadonlyMap<EntryId, Identity<EntryId>>,
    tally: ImportTally,
  ): Promise<readonly SessionEntry[]> {
    const { created, replaced } = divide(target, copies, identities, tally);
    if (target.dryRun) return [];
    const { workspaceId, projectId } = target;
    const placed = (copy: EntryCopy): SessionEntry => ({ ...copy, ...importedByCaller(copy), workspaceId, projectId });
    const written = [...created, ...replaced].map(placed);
    await this.entryRows.insert(created.map(placed));
    await this.entryRows.replace(replaced.map(placed));
    const of = [...new Set(written.map(({ sessionId }) => sessionId).filter((id) => id !== null))];
    const sessions = await this.sessionRows.find(workspaceId, of);
    const handedOver = new Set(sessions.filter(({ finalisedAt }) => finalisedAt !== null).map(({ id }) => id));
    // Nobody will hand over what a session wrote that is gone.
    await this.observers.imported(written.filter(({ sessionId }) => sessionId === null || handedOver.has(sessionId)));
    return written;
  }

  /** Says what settled entries; call it when all of them are there. */
  resolve(target: ImportTarget, resolutions: readonly Resolution[]): Promise<void> {
    return this.entryRows.resolve(target.workspaceId, resolutions);
  }

  /** A session that was open here and is handed over now: nobody will hand its log over any more. */
  private async reportLog({ workspaceId, projectId, id }: Session): Promise<void> {
    let after: EntryId | undefined;
    do {
      const page = await this.entries.listAll(workspaceId, id, projectId, after, ENTRIES_AT_ONCE);
      await this.observers.imported(page.items);
      after = page.next?.[0];
    } while (after !== undefined);
  }
}

function placeOf({ workspaceId, projectId, project }: ImportTarget) {
  return { workspaceId, projectId, project };
}
