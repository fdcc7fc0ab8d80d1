import { Injectable, Logger } from '@nestjs/common';
import { ListCache } from '#cache';
import { SearchConfig } from '#config';
import { contextsTag, embeddingsTag } from '#context';
import { modelKey, type SemanticAnswer, SemanticReader } from '#embedding';
import { type ContextId, DomainError, type Principal, withinTime } from '#kernel';
import { ProjectReader } from '#project';
import { KeywordIndex } from './persistence/keyword-index.js';
import { boostsOf, type SemanticWeight, semanticWeight } from './ranking/boosts.js';
import { type ChannelHit, scoreOf } from './ranking/fusion.js';
import type { SearchFilters, SearchScope } from './search.js';

interface SemanticSearchRequest {
  /** Not blank. */
  readonly text: string;
  readonly filters: SearchFilters;
  readonly phrases: readonly string[];
  readonly exclusions: readonly string[];
  readonly asOfMs: number;
  /** Hits to find, where there are so many. */
  readonly depth: number;
  /** So many more are looked at, for what is merged later. Only without phrases and exclusions. */
  readonly spare?: number;
  readonly billedPrincipal: Principal | undefined;
  /** Only these contexts. */
  readonly among?: readonly string[];
}

/** What lies near a text, apart from how much of it is shown. */
export interface Nearby {
  /** Nearest first. */
  readonly nearest: readonly { readonly id: string; readonly cosine: number }[];
  /** Those of them that are near enough to count, in no order. */
  readonly hits: readonly ChannelHit[];
  /** Whether nothing else has vectors. */
  readonly isAll: boolean;
}

/** What the channel found, or why it found nothing. */
export type SemanticFindings =
  | {
      readonly hits: readonly ChannelHit[];
      readonly nearby: Nearby;
      /** Why it worked worse than it should. */
      readonly weakness?: string;
      /** What it could not look at yet. */
      readonly pending?: string;
    }
  | { readonly failure: string };

/** A phrase or an exclusion is looked up in what was found: so many more are found then, at most. */
const MOST_LOOKED_AT = 8_000;

/**
 * The channel of similarity. Never rejects for a fault of its own: a search goes on without it, and says why. A provider
 * that does not answer in time is not waited for; what it answers later is cached for the next search.
 */
@Injectable()
export class SemanticSearch {
  private readonly logger = new Logger(SemanticSearch.name);

  constructor(
    private readonly reader: SemanticReader,
    private readonly index: KeywordIndex,
    private readonly projects: ProjectReader,
    private readonly queries: ListCache,
    private readonly config: SearchConfig,
  ) {}

  get isOn(): boolean {
    return this.reader.isOn;
  }

  /** Whether what is near shares words: then words say it better. */
  get isLexical(): boolean {
    return this.reader.kind === 'lexical';
  }

  /** See `semanticWeight`. */
  get weight(): SemanticWeight {
    return semanticWeight(this.reader.kind);
  }

  /** For people: the model of the vectors that are compared. */
  get embedder(): string {
    return this.isOn ? modelKey(this.reader.model) : 'none';
  }

  /** For people: what the channel compares by, and what would find more, where something would. */
  get description(): string {
    return [`embeddings are ${this.reader.description}`, this.reader.advice].filter(Boolean).join('. ');
  }

  async find(scope: SearchScope, request: SemanticSearchRequest): Promise<SemanticFindings> {
    try {
      const { semanticTimeoutMs } = this.config;
      return await withinTime<SemanticFindings>(
        semanticTimeoutMs,
        () => this.look(scope, request),
        () => ({ failure: `the embedding provider took more than ${semanticTimeoutMs} ms` }),
      );
    } catch (error) {
      if (error instanceof DomainError) return { failure: withoutDot(error.detail) };
      this.logger.error('The semantic channel failed.', error instanceof Error ? error.stack : String(error));
      return { failure: 'the semantic channel failed' };
    }
  }

  private async look(scope: SearchScope, request: SemanticSearchRequest): Promise<SemanticFindings> {
    const isNarrowed =
      request.phrases.length > 0 || request.exclusions.length > 0 || request.filters.valid !== undefined;
    for (let limit = request.depth + (request.spare ?? 0); ; limit *= 4) {
      const answer = await this.nearest(scope, request, limit);
      const hits = await this.resolve(scope, request, answer);
      const isAll = answer.hits.length < limit;
      if (hits.length < request.depth && isNarrowed && !isAll && limit < MOST_LOOKED_AT) continue;
      const nearest = answer.hits.map(({ contextId, score }) => ({ id: contextId, cosine: score }));
      const nearby: Nearby = { nearest, hits, isAll };
      return {
        hits: isNarrowed ? hits.sort(byChannelScore).slice(0, request.depth) : nearestHits(nearby, request.depth),
        nearby,
        weakness:
          answer.method === 'scan'
            ? 'the database has no pgvector, so every vector was compared outside of it'
            : undefined,
        pending: request.among === undefined ? await this.pending(scope) : undefined,
      };
    }
  }

  /**
   * As `find`, of some contexts alone.
   * @returns undefined where the channel fails
   */
  async among(
    scope: SearchScope,
    request: Omit<SemanticSearchRequest, 'depth' | 'spare'>,
    ids: readonly string[],
  ): Promise<Nearby | undefined> {
    if (ids.length === 0) return { nearest: [], hits: [], isAll: true };
    const found = await this.find(scope, { ...request, depth: ids.length, among: ids });
    return 'failure' in found || found.weakness !== undefined ? undefined : found.nearby;
  }

  private nearest(scope: SearchScope, request: SemanticSearchRequest, limit: number): Promise<SemanticAnswer> {
    const { text, filters, billedPrincipal, among } = request;
    const { minScore: _, valid: __, ...others } = filters;
    return this.reader.search({
      ...scope,
      text,
      limit,
      filters: others,
      among: among as readonly ContextId[] | undefined,
      billedPrincipal,
    });
  }

  private async resolve(
    scope: SearchScope,
    { phrases, exclusions, asOfMs, filters: { kinds, valid } }: SemanticSearchRequest,
    answer: SemanticAnswer,
  ): Promise<ChannelHit[]> {
    const { leastCosine } = this.weight;
    const cosines = new Map<string, number>(
      answer.hits.filter(({ score }) => score > leastCosine).map(({ contextId, score }) => [contextId, score]),
    );
    const documents = await this.index.resolve(scope, [...cosines.keys()], { phrases, exclusions, valid });
    return documents
      .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
      .map(({ kind, id, label, version, ...rest }): ChannelHit => {
        const relevance = cosines.get(id) ?? 0;
        return { kind, id, label, version, relevance, boosts: boostsOf(relevance, rest, asOfMs) };
      });
  }

  /**
   * How many contexts have no vectors of the model yet, counted again after each change of the project's contexts or vectors,
   * which takes some tens of milliseconds for a hundred thousand.
   * @returns for people; undefined where all have
   */
  async pending({ workspaceId, projectId }: SearchScope): Promise<string | undefined> {
    const [project] = await this.projects.slugsOf(workspaceId, [projectId]);
    if (project === undefined) return undefined;
    const named = { workspace: workspaceId, project };
    const { contexts, embedded } = await this.queries.read(
      {
        workspace: workspaceId,
        statement: 'embedding-coverage',
        parameters: { projectId, embedder: this.embedder },
        tags: [contextsTag(named), embeddingsTag(named)],
      },
      () => this.reader.coverage(workspaceId, projectId),
    );
    if (embedded >= contexts) return undefined;
    return `${contexts - embedded} of ${contexts} contexts are not embedded yet`;
  }
}

/** The hits among the nearest so many, best first. */
export function nearestHits({ nearest, hits }: Nearby, depth: number): ChannelHit[] {
  const ids = new Set(nearest.slice(0, depth).map(({ id }) => id));
  return hits.filter(({ id }) => ids.has(id)).sort(byChannelScore);
}

function byChannelScore(left: ChannelHit, right: ChannelHit): number {
  return scoreOf(right) - scoreOf(left) || (left.id < right.id ? -1 : 1);
}

function withoutDot(detail: string): string {
  return detail.replace(/\.$/, '');
}
