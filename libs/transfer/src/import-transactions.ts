import { Injectable } from '@nestjs/common';
import { CacheService, workspaceDeletionTag } from '#cache';
import { sqlStateOf, TransactionRunner } from '#database';
import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import { type ImportTarget, projectCountersTag, ProjectReader, ProjectService, projectTag } from '#project';
import { PostgresImportLock } from './persistence/postgres-import-lock.js';
import { idsCollide, importRunning } from './transfer.errors.js';

/** PostgreSQL, appendix A. */
const UNIQUE_VIOLATION = '23505';

/** Into which project, which is made where it is missing, and how. */
export type ImportPlan = Pick<ImportTarget, 'project' | 'conflict' | 'dryRun'>;

interface ImportOutcome<Result> {
  readonly result: Result;
  readonly hasChanged: boolean;
  /** Whether texts were deleted. */
  readonly hasRemoved: boolean;
}

/** What every import is: one transaction, one at a time in a workspace, and seen by every read from its answer on. */
@Injectable()
export class ImportTransactions {
  constructor(
    private readonly projects: ProjectService,
    private readonly reader: ProjectReader,
    private readonly lock: PostgresImportLock,
    private readonly transactions: TransactionRunner,
    private readonly cache: CacheService,
  ) {}

  /**
   * @param work may be run twice: only the last one counts
   * @throws DomainError `import-in-progress`, `import-ids-collide`
   */
  async run<Result>(
    workspaceId: WorkspaceId,
    plan: ImportPlan,
    work: (target: ImportTarget) => Promise<ImportOutcome<Result>>,
  ): Promise<Result> {
    try {
      return await this.transactions.run(
        async () => {
          const target = await this.targetOf(workspaceId, plan);
          const { result, hasChanged, hasRemoved } = await work(target);
          if (!target.dryRun && hasChanged) await this.dropCached(target, hasRemoved);
          return result;
        },
        { retries: 1 },
      );
    } catch (error) {
      throw sqlStateOf(error) === UNIQUE_VIOLATION ? idsCollide(error) : error;
    }
  }

  private async targetOf(workspaceId: WorkspaceId, plan: ImportPlan): Promise<ImportTarget> {
    if (plan.dryRun) {
      const found = await this.reader.find(workspaceId, plan.project);
      // Nothing is in a project of no id: everything would be new.
      return { workspaceId, projectId: found?.id ?? newId<ProjectId>(), ...plan };
    }
    if (!(await this.lock.acquire(workspaceId))) throw importRunning();
    const project = await this.projects.ensure(workspaceId, plan.project);
    return { workspaceId, projectId: project.id, ...plan };
  }

  /** As a deletion does: everything cached of a workspace's memory names this tag, whatever the file has touched. */
  private async dropCached({ workspaceId, project }: ImportTarget, hasRemoved: boolean): Promise<void> {
    const named = { workspace: workspaceId, project };
    await this.cache.invalidate([projectTag(named), projectCountersTag(named), workspaceDeletionTag(named)]);
    if (hasRemoved) await this.cache.erase(workspaceId);
  }
}
