import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import type { ContextId, WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { type ContextKey, contexts, contextSummaries, extracts } from '../context.cache.js';
import type { Context, ContextSummary } from '../context.js';
import { extract, type Extract, EXTRACT_VERSION } from '../extract/extract.js';
import { PostgresContextReadRepository, type RecallBy } from './postgres-context-read.repository.js';

/** Where a label is looked up. */
interface LabelAddress {
  /** Slug. */
  readonly project: string;
  readonly label: string;
  /** Absent: the newest that is not archived. */
  readonly version?: number;
}

/** Contexts as readers find them: in the cache, else in the database. Nothing here counts as a read. */
@Injectable()
export class ContextLookup {
  constructor(
    private readonly repository: PostgresContextReadRepository,
    private readonly projects: ProjectReader,
    private readonly cache: CacheService,
  ) {}

  async find(workspaceId: WorkspaceId, id: ContextId): Promise<Context | undefined> {
    const key = { workspace: workspaceId, by: { id } };
    const load = () => this.repository.find(workspaceId, id);
    return own(workspaceId, await this.cache.getOrSet(contexts, key, load));
  }

  async findSummary(workspaceId: WorkspaceId, id: ContextId): Promise<ContextSummary | undefined> {
    const key = { workspace: workspaceId, by: { id } };
    const load = () => this.repository.findSummary(workspaceId, id);
    return own(workspaceId, await this.cache.getOrSet(contextSummaries, key, load));
  }

  async findByLabel(workspaceId: WorkspaceId, by: LabelAddress): Promise<Context | undefined> {
    const load = async () => {
      const project = await this.projects.find(workspaceId, by.project);
      return project && this.repository.findByLabel(workspaceId, project.id, by.label, by.version);
    };
    return own(workspaceId, await this.cache.getOrSet(contexts, { workspace: workspaceId, by }, load));
  }

  /** In the order asked, undefined for what is not there. One statement for all that the cache does not hold. */
  async findEach(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<(Context | undefined)[]> {
    const idOf = new Map<ContextKey, ContextId>(ids.map((id) => [{ workspace: workspaceId, by: { id } }, id]));
    const found = await this.cache.getMany(contexts, [...idOf.keys()], async (missing) => {
      const named = missing.map((key) => idOf.get(key) as ContextId);
      const rows = await this.repository.recall(workspaceId, { ids: named }, Number.MAX_SAFE_INTEGER);
      const byId = new Map(rows.map((row) => [row.id, row as Context]));
      return named.map((id) => byId.get(id));
    });
    return found.map((context) => own(workspaceId, context));
  }

  /** As `findEach`, without the texts. */
  async summariesOf(workspaceId: WorkspaceId, ids: readonly ContextId[]): Promise<(ContextSummary | undefined)[]> {
    return this.summaries(
      workspaceId,
      ids,
      (id) => ({ id }),
      async (missing) => ({ ids: missing }),
    );
  }

  /** As `summariesOf`, of the newest versions of these labels. */
  async latestSummariesOf(
    workspaceId: WorkspaceId,
    project: string,
    labels: readonly string[],
  ): Promise<(ContextSummary | undefined)[]> {
    return this.summaries(
      workspaceId,
      labels,
      (label) => ({ project, label }),
      async (missing) => {
        const found = await this.projects.find(workspaceId, project);
        return found && { projectId: found.id, labels: missing };
      },
    );
  }

  /** Preview and key concepts by the algorithm of today, whatever made those that are stored. */
  extractOf(summary: ContextSummary): Promise<Extract> {
    const { workspaceId, contentHash, preview, keyConcepts, extractVersion } = summary;
    const key = { workspace: workspaceId, contentHash, algorithm: EXTRACT_VERSION };
    return this.cache.getOrSet(extracts, key, async () => {
      if (extractVersion === EXTRACT_VERSION) return { preview, keyConcepts, extractVersion };
      const context = await this.find(workspaceId, summary.id);
      return context === undefined ? { preview, keyConcepts, extractVersion } : extract(context.content);
    });
  }

  private async summaries<Name extends string>(
    workspaceId: WorkspaceId,
    names: readonly Name[],
    byOf: (name: Name) => ContextKey['by'],
    recallBy: (missing: readonly Name[]) => Promise<RecallBy | undefined>,
  ): Promise<(ContextSummary | undefined)[]> {
    const nameOf = new Map<ContextKey, Name>(names.map((name) => [{ workspace: workspaceId, by: byOf(name) }, name]));
    const found = await this.cache.getMany(contextSummaries, [...nameOf.keys()], async (missing) => {
      const asked = missing.map((key) => nameOf.get(key) as Name);
      const by = await recallBy(asked);
      const rows = by === undefined ? [] : await this.repository.recall(workspaceId, by, 0);
      const byName = new Map<string, ContextSummary>(
        rows.map((row) => [by !== undefined && 'labels' in by ? row.label : row.id, row]),
      );
      return asked.map((name) => byName.get(name));
    });
    return found.map((summary) => own(workspaceId, summary));
  }
}

/** Whoever was answered before, what comes out belongs to the workspace that asks now, or is not there. */
function own<Found extends ContextSummary>(workspaceId: WorkspaceId, found: Found | undefined): Found | undefined {
  return found?.workspaceId === workspaceId ? found : undefined;
}
