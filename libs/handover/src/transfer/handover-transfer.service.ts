import { Injectable } from '@nestjs/common';
import { type HandoverId, newRevision, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { importedByCaller } from '#observability';
import { divide, identify, type ImportTally, type ImportTarget, namesOf } from '#project';
import type { Handover } from '../handover.js';
import { fromFlat, toFlat } from '../persistence/postgres-handover.repository.js';
import { HandoverRows } from './handover-rows.js';

/** A handover as a file has it: of no place and no revision yet; its sessions, entries and contexts as the project knows them. */
export type HandoverCopy = Omit<Handover, 'workspaceId' | 'projectId' | 'project' | 'revision' | 'importedAuthor'>;

const HANDOVERS_AT_ONCE = 100;

/** Handovers on their way out of a project and into another. Reading is as the caller's transaction sees it. */
@Injectable()
export class HandoverTransferService {
  constructor(private readonly rows: HandoverRows) {}

  /** Differs whenever something that is read here has changed. */
  mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    return this.rows.fingerprint(workspaceId, projectId);
  }

  count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.rows.count(workspaceId, projectId);
  }

  /** All of the project, in the order of their ids: page by page, each from behind the last. */
  async list(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: HandoverId | undefined,
  ): Promise<readonly Handover[]> {
    return (await this.rows.list(workspaceId, projectId, after, HANDOVERS_AT_ONCE)).map(fromFlat);
  }

  /** Sessions that left or took over one of the project's, in the order of their ids. */
  listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    return this.rows.listSessionIds(workspaceId, projectId, after, limit);
  }

  /** Those of these sessions that left or took over one of the project's. */
  sessionsHere({ workspaceId, projectId }: ImportTarget, among: readonly SessionId[]): Promise<readonly SessionId[]> {
    return this.rows.sessionsHere(workspaceId, projectId, among);
  }

  /**
   * Writes in the caller's transaction; what is cached is dropped by the caller. The one that a session left by itself
   * is the one that it has in the project, under whatever id. `overwrite` says of one that is there what the file says;
   * otherwise it stays.
   */
  async import(target: ImportTarget, copies: readonly HandoverCopy[], tally: ImportTally): Promise<void> {
    const { workspaceId, projectId, project, dryRun } = target;
    const ids = copies.map(({ id }) => id);
    const identities = identify(target, ids, await this.rows.places(workspaceId, projectId, namesOf(target, ids)));
    const left = await this.rows.leftBy(
      workspaceId,
      projectId,
      copies.flatMap(({ sessionId }) => (sessionId === null ? [] : [sessionId])),
    );
    for (const { id, reason, sessionId } of copies) {
      const own = reason === 'manual' || sessionId === null ? undefined : left.get(sessionId);
      if (own !== undefined) identities.set(id, { id: own, exists: true });
    }
    const { created, replaced } = divide(target, copies, identities, tally);
    if (dryRun) return;
    const placed = (copy: HandoverCopy) =>
      toFlat({ ...copy, ...importedByCaller(copy), workspaceId, projectId, project, revision: newRevision() });
    await this.rows.insert(created.map(placed));
    await this.rows.replace(replaced.map(placed), ['projectId']);
  }
}
