import { Injectable } from '@nestjs/common';
import { Clock, type WorkspaceId } from '#kernel';
import { ListCache } from '#cache';
import { type Project, ProjectReader } from '#project';
import { contextsTag, contextUsageTag } from '../context.cache.js';
import { PostgresOverviewRepository } from './postgres-overview.repository.js';
import { labelTree, type ProjectOverview } from './overview.js';

const DAY_MS = 24 * 60 * 60 * 1000;

interface OverviewCommand {
  /** How many contexts each list of uses holds. */
  readonly limit: number;
  /** How many labels the tree shows. */
  readonly treeLimit: number;
  readonly staleDays: number;
  /** What was valid then. Absent: now. */
  readonly asOf?: Date;
}

const NOTHING: ProjectOverview = {
  counts: {
    labels: 0,
    versions: 0,
    archivedVersions: 0,
    latestBytes: 0,
    totalBytes: 0,
    byPriority: { always_check: 0, important: 0, reference: 0 },
    stale: 0,
  },
  mostUsed: [],
  leastUsed: [],
  stale: [],
  tree: { nodes: [], truncated: false, shownLabels: 0 },
};

@Injectable()
export class OverviewService {
  constructor(
    private readonly overviews: PostgresOverviewRepository,
    private readonly projects: ProjectReader,
    private readonly queries: ListCache,
    private readonly clock: Clock,
  ) {}

  /** Counts cover the whole project, lists and tree as much as asked for. Uses lag behind by the few seconds of their counting. */
  async overviewOf(workspaceId: WorkspaceId, slug: string, command: OverviewCommand): Promise<ProjectOverview> {
    const project = await this.projects.find(workspaceId, slug);
    if (project === undefined) return NOTHING;
    const named = { workspace: workspaceId, project: slug };
    const tags = [contextsTag(named), contextUsageTag(named)];
    const query = { workspace: workspaceId, statement: 'overview', parameters: { project: slug, command }, tags };
    return this.queries.read(query, () => this.make(project, command));
  }

  private async make({ workspaceId, ...project }: Project, command: OverviewCommand): Promise<ProjectOverview> {
    const { limit, treeLimit, staleDays, asOf } = command;
    const staleBefore = new Date(this.clock.nowMs() - staleDays * DAY_MS);
    const labels = await this.overviews.labels(workspaceId, project.id, treeLimit + 1, asOf);
    return {
      counts: await this.overviews.counts(workspaceId, project.id, staleBefore, asOf),
      mostUsed: await this.overviews.mostUsed(workspaceId, project.id, limit, asOf),
      leastUsed: await this.overviews.leastUsed(workspaceId, project.id, limit, asOf),
      stale: await this.overviews.stale(staleBefore, workspaceId, project.id, limit, asOf),
      tree: labelTree(labels.slice(0, treeLimit), labels.length > treeLimit),
    };
  }
}
