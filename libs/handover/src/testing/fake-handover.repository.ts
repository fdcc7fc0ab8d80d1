import { isDeepStrictEqual } from 'node:util';
import { type Page, toPage } from '#http';
import {
  type ContextId,
  type HandoverId,
  newRevision,
  type ProjectId,
  type SessionId,
  type WorkspaceId,
} from '#kernel';
import type { Acknowledgement, Handover, HandoverContent } from '../handover.js';
import { type HandoverFilter, HandoverRepository } from '../persistence/handover.repository.js';

/** Handovers in memory. */
export class FakeHandoverRepository extends HandoverRepository {
  private readonly rows = new Map<HandoverId, Handover>();

  async insert(handover: Handover): Promise<Handover> {
    const newest = await this.findLatest(handover.workspaceId, handover.projectId);
    const behindMs = newest === undefined ? 0 : newest.updatedAt.getTime() - handover.updatedAt.getTime();
    const kept = behindMs > 0 ? { ...handover, updatedAt: new Date(newest!.updatedAt.getTime() + 1) } : handover;
    this.rows.set(kept.id, kept);
    return kept;
  }

  async leave(handover: Handover): Promise<Handover> {
    const { workspaceId, sessionId, projectId } = handover;
    const before = sessionId === null ? undefined : await this.findLeft(workspaceId, sessionId, projectId);
    const left: Handover =
      before === undefined
        ? handover
        : {
            ...before,
            reason: handover.reason,
            content: handover.content,
            updatedAt: handover.updatedAt,
            acknowledgement: haveSameContent(before.content, handover.content) ? before.acknowledgement : null,
            revision: handover.revision,
            createdBy: handover.createdBy ?? before.createdBy,
          };
    return this.insert(left);
  }

  async find(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover | undefined> {
    const row = this.rows.get(id);
    return row?.workspaceId === workspaceId ? row : undefined;
  }

  findForChange(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover | undefined> {
    return this.find(workspaceId, id);
  }

  async findLeft(workspaceId: WorkspaceId, sessionId: SessionId, projectId: ProjectId): Promise<Handover | undefined> {
    return this.rowsOf(workspaceId, { projectId, sessionId }).find((row) => row.reason !== 'manual');
  }

  async findLatest(workspaceId: WorkspaceId, projectId: ProjectId): Promise<Handover | undefined> {
    return this.rowsOf(workspaceId, { projectId }).sort(
      (a, b) => b.updatedAt.getTime() - a.updatedAt.getTime() || (a.id > b.id ? -1 : 1),
    )[0];
  }

  async list(
    workspaceId: WorkspaceId,
    filter: HandoverFilter,
    after: HandoverId | undefined,
    limit: number,
  ): Promise<Page<Handover, [HandoverId]>> {
    const rows = this.rowsOf(workspaceId, filter)
      .filter((row) => after === undefined || row.id < after)
      .sort((a, b) => (a.id > b.id ? -1 : 1));
    return toPage(rows, limit, (row) => [row.id]);
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.rowsOf(workspaceId, { projectId }).length;
  }

  async acknowledge(
    workspaceId: WorkspaceId,
    id: HandoverId,
    acknowledgement: Acknowledgement,
  ): Promise<Handover | undefined> {
    const row = await this.find(workspaceId, id);
    if (row !== undefined && row.acknowledgement === null) {
      const at = new Date(Math.max(acknowledgement.at.getTime(), row.updatedAt.getTime()));
      this.rows.set(id, { ...row, acknowledgement: { ...acknowledgement, at }, revision: newRevision() });
    }
    return this.find(workspaceId, id);
  }

  async removeContexts(workspaceId: WorkspaceId, projectId: ProjectId, ids: readonly ContextId[]): Promise<void> {
    for (const row of this.rowsOf(workspaceId, { projectId })) {
      const contextsUsed = row.content.contextsUsed.filter(({ id }) => !ids.includes(id));
      if (contextsUsed.length === row.content.contextsUsed.length) continue;
      this.rows.set(row.id, { ...row, content: { ...row.content, contextsUsed }, revision: newRevision() });
    }
  }

  private rowsOf(workspaceId: WorkspaceId, { projectId, sessionId }: HandoverFilter): Handover[] {
    return [...this.rows.values()].filter(
      (row) =>
        row.workspaceId === workspaceId &&
        (projectId === undefined || row.projectId === projectId) &&
        (sessionId === undefined || row.sessionId === sessionId),
    );
  }
}

function haveSameContent(a: HandoverContent, b: HandoverContent): boolean {
  return isDeepStrictEqual({ ...a, statistics: undefined }, { ...b, statistics: undefined });
}
