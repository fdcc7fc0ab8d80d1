import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { RelevanceConfig } from '#config';
import { ContextReader } from '#context';
import { Clock, type ContextId, type Principal, type WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { queryOfText, type SearchHit, SearchService } from '#search';
import { rankings } from '../relevance.cache.js';
import { contextUnknown } from '../relevance.errors.js';
import { factorsOf, scoreOf } from '../relevance.js';
import { PostgresSignalsRepository } from './postgres-signals.repository.js';
import type { RankedContext, RankedMemory } from './ranked-memory.js';

/** As long as a ranking is. */
const MOST_RANKED = 100;

/** Found for a situation and looked at. */
const MOST_MATCHES = 100;

const ONLY_CONTEXTS = { kinds: ['context'] } as const;

interface RelevanceQuery {
  /** Slug. */
  readonly project: string;
  readonly user: string;
  /** The situation, in words. */
  readonly text?: string | undefined;
  /** The situation is what this context is about; it is not in the ranking itself. */
  readonly contextId?: ContextId | undefined;
}

/** Ranks the memory of a project for a user and a situation. Being in a ranking changes nothing in the next one. */
@Injectable()
export class RelevanceService {
  constructor(
    private readonly signals: PostgresSignalsRepository,
    private readonly contexts: ContextReader,
    private readonly projects: ProjectReader,
    private readonly searches: SearchService,
    private readonly cache: CacheService,
    private readonly constants: RelevanceConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * The hundred most relevant contexts, of the newest versions that are valid now; none of a project that does not exist.
   * @param billedPrincipal whose budget pays for the vector of the text
   * @throws DomainError `feedback-context-unknown` naming `/context`
   */
  rank(workspaceId: WorkspaceId, query: RelevanceQuery, billedPrincipal: Principal): Promise<RankedMemory> {
    const { project, user, text, contextId } = query;
    const { halfLifeDays, manyUses, keptADay, othersShare, weights } = this.constants;
    const key = {
      workspace: workspaceId,
      project,
      user,
      situation: { text, context: contextId },
      constants: { halfLifeDays, manyUses, keptADay, othersShare, weights },
    };
    return this.cache.getOrSet(rankings, key, () => this.load(workspaceId, query, billedPrincipal));
  }

  private async load(workspaceId: WorkspaceId, query: RelevanceQuery, billed: Principal): Promise<RankedMemory> {
    const { user, contextId } = query;
    const project = await this.projects.find(workspaceId, query.project);
    const situation = await this.situationOf(workspaceId, query);
    if (project === undefined) return { items: [], degraded: false, reason: null, lifeMs: null };
    const found =
      situation === undefined ? undefined : await this.search(workspaceId, query.project, situation, billed);
    const hits = (found?.items ?? []).filter(({ id }) => id !== contextId);
    const best = Math.max(0, ...hits.map(({ score }) => score));
    const matches = new Map(hits.map(({ id, score }) => [id, best > 0 ? Math.max(0, score) / best : 0]));
    const now = this.clock.now();
    const named = hits.map(({ id }) => id as ContextId);
    const candidates = await this.signals.candidates(workspaceId, project.id, user, named, now);
    const items = candidates
      .filter(({ id }) => id !== contextId)
      .map((candidate): RankedContext => {
        const match = situation === undefined ? {} : { match: matches.get(candidate.id) ?? 0 };
        const factors = factorsOf({ ...candidate, ...match }, now, this.constants);
        const { id, label, version } = candidate;
        return { contextId: id, label, version, score: scoreOf(factors, this.constants), factors };
      })
      .toSorted((a, b) => b.score - a.score || (a.contextId < b.contextId ? 1 : -1))
      .slice(0, MOST_RANKED);
    const next = await this.signals.nextChange(workspaceId, project.id, now);
    return {
      items,
      degraded: found?.degraded ?? false,
      reason: found?.degraded === true ? found.reason : null,
      lifeMs: next === null ? null : Math.max(1, next.getTime() - now.getTime()),
    };
  }

  /** Undefined: none was named. */
  private async situationOf(workspaceId: WorkspaceId, query: RelevanceQuery): Promise<string | undefined> {
    const { project, text, contextId } = query;
    if (contextId === undefined) return text;
    const context = await this.contexts.find(workspaceId, contextId);
    if (context?.project !== project) throw contextUnknown(contextId, '/context', 'query');
    return context.content;
  }

  private async search(
    workspaceId: WorkspaceId,
    project: string,
    text: string,
    billedPrincipal: Principal,
  ): Promise<{ readonly items: readonly SearchHit[]; readonly degraded: boolean; readonly reason: string | null }> {
    const query = queryOfText(text);
    if (query === '') return { items: [], degraded: false, reason: null };
    const request = { project, query, rerank: false, limit: MOST_MATCHES, filters: ONLY_CONTEXTS };
    return this.searches.search(workspaceId, request, { billedPrincipal });
  }
}
