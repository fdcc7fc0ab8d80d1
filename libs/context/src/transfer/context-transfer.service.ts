import { Injectable } from '@nestjs/common';
import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { ForgottenTexts, type ImportTally, type ImportTarget, namesOf } from '#project';
import { ConflictFinder } from '../conflict/conflict-finder.js';
import { ContextObservers } from '../context-observers.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import { PostgresContextRepository } from '../store/postgres-context.repository.js';
import { PostgresSuccessionsRepository, type Succession } from '../validity/postgres-successions.repository.js';
import { ContextImport } from './context-import.js';
import { ContextRows, type ExportedContext, type VersionRef } from './context-rows.js';

const VERSIONS_AT_ONCE = 200;
/** Contents that are in memory together, but for one that is longer. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** Contexts on their way out of a project and into another. Reading is as the caller's transaction sees it. */
@Injectable()
export class ContextTransferService {
  constructor(
    private readonly rows: ContextRows,
    private readonly contexts: PostgresContextRepository,
    private readonly reads: PostgresContextReadRepository,
    private readonly observers: ContextObservers,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly conflicts: ConflictFinder,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /** Differs whenever something that is read here has changed. */
  mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    return this.rows.fingerprint(workspaceId, projectId);
  }

  /** Versions, archived or not. */
  count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.rows.count(workspaceId, projectId);
  }

  /** Every version, archived or not, by label and number: page by page, each from behind the last. Counts as no read. */
  listVersions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: VersionRef | undefined,
  ): Promise<readonly ExportedContext[]> {
    return this.rows.listVersions(workspaceId, projectId, after, VERSIONS_AT_ONCE, BYTES_AT_ONCE);
  }

  /** Sessions that stored a version that is still there, in the order of their ids. */
  listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    return this.rows.listSessionIds(workspaceId, projectId, after, limit);
  }

  /** Those of these sessions that stored something in the project. */
  sessionsHere({ workspaceId, projectId }: ImportTarget, among: readonly SessionId[]): Promise<readonly SessionId[]> {
    return this.rows.sessionsHere(workspaceId, projectId, among);
  }

  /** Begins to bring a file's versions, in the caller's transaction. What is cached is dropped by the caller. */
  importInto(target: ImportTarget, tally: ImportTally): ContextImport {
    return new ContextImport(
      target,
      this.contexts,
      this.reads,
      this.rows,
      this.observers,
      this.successions,
      this.conflicts,
      this.forgotten,
      tally,
    );
  }

  /**
   * Versions that take the place of others, because a file says so; ids as the project knows them. In the caller's transaction.
   * @returns whether any ends otherwise by it
   */
  async succeed({ workspaceId, projectId }: ImportTarget, successions: readonly Succession[]): Promise<boolean> {
    if (successions.length === 0) return false;
    await this.successions.lock(workspaceId, projectId);
    await this.successions.add(workspaceId, successions);
    const ended = await this.successions.settle(
      workspaceId,
      successions.map(({ newerId }) => newerId),
    );
    await this.observers.validityChanged(workspaceId, ended);
    return ended.length > 0;
  }

  /** What versions that a file speaks of are in the project, by their ids in the file; those that it has not are left out. */
  async locate<Ref extends VersionRef & { readonly id: ContextId }>(
    target: ImportTarget,
    refs: readonly Ref[],
  ): Promise<ReadonlyMap<ContextId, VersionRef & { readonly id: ContextId }>> {
    const { workspaceId, projectId } = target;
    const names = namesOf(
      target,
      refs.map(({ id }) => id),
    );
    const byId = await this.rows.findTaken(workspaceId, projectId, names);
    const versions = await this.rows.findVersions(workspaceId, projectId, [...new Set(refs.map(({ label }) => label))]);
    const byPlace = new Map(versions.map((version) => [placeOf(version), version]));
    const located = new Map<ContextId, VersionRef & { readonly id: ContextId }>();
    for (const ref of refs) {
      const own = namesOf(target, [ref.id]).findLast((id) => byId.get(id) !== undefined);
      const there = own === undefined ? undefined : byId.get(own);
      const same = byPlace.get(placeOf(ref));
      if (own !== undefined && there !== undefined) located.set(ref.id, { id: own, ...there });
      else if (same !== undefined) located.set(ref.id, { id: same.id, label: same.label, version: same.version });
    }
    return located;
  }
}

function placeOf({ label, version }: VersionRef): string {
  return `${version}/${label}`;
}
