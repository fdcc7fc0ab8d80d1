import { Injectable } from '@nestjs/common';
import { type HandoverId, newRevision, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { divide, identify, type ImportTally, type ImportTarget, namesOf } from '#project';
import type { Handover } from '../handover.js';
import { HandoverRepository } from '../persistence/handover.repository.js';
import { HandoverTransferRepository } from './handover-transfer.repository.js';

/** A handover as a file has it: of no place and no revision yet; its sessions, entries and contexts as the project knows them. */
export type HandoverCopy = Omit<Handover, 'workspaceId' | 'projectId' | 'project' | 'revision'>;

const HANDOVERS_AT_ONCE = 100;

/** Handovers on their way out of a project and into another. Reading is as the caller's transaction sees it. */
@Injectable()
export class HandoverTransferService {
  constructor(
    private readonly repository: HandoverTransferRepository,
    private readonly handovers: HandoverRepository,
  ) {}

  /** Differs whenever something that is read here has changed. */
  mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    return this.repository.mark(workspaceId, projectId);
  }

  count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.handovers.count(workspaceId, projectId);
  }

  /** All of the project, in the order of their ids: page by page, each from behind the last. */
  list(workspaceId: WorkspaceId, projectId: ProjectId, after: HandoverId | undefined): Promise<readonly Handover[]> {
    return this.repository.list(workspaceId, projectId, after, HANDOVERS_AT_ONCE);
  }

  /** Sessions that left or took over one of the project's, in the order of their ids. */
  listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    return this.repository.listSessionIds(workspaceId, projectId, after, limit);
  }

  /** Those of these sessions that left or took over one of the project's. */
  sessionsHere({ workspaceId, projectId }: ImportTarget, among: readonly SessionId[]): Promise<readonly SessionId[]> {
    return this.repository.sessionsHere(workspaceId, projectId, among);
  }

  /**
   * Writes in the caller's transaction; what is cached is dropped by the caller. The one that a session left by itself
   * is the one that it has in the project, under whatever id. `overwrite` says of one that is there what the file says;
   * otherwise it stays.
   */
  async import(target: ImportTarget, copies: readonly HandoverCopy[], tally: ImportTally): Promise<void> {
    const { workspaceId, projectId, project, dryRun } = target;
    const ids = copies.map(({ id }) => id);
    const identities = identify(
      target,
      ids,
      await this.repository.places(workspaceId, projectId, namesOf(target, ids)),
    );
    const left = await this.repository.leftBy(
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
    const placed = (copy: HandoverCopy): Handover => ({
      ...copy,
      workspaceId,
      projectId,
      project,
      revision: newRevision(),
    });
    await this.repository.insert(created.map(placed));
    await this.repository.replace(replaced.map(placed));
  }
}
