import { createHash } from 'node:crypto';
import type { Principal } from '#kernel';
import type { QueryAnalysis } from './analysis/query-analysis.js';
import type { AdHocDocuments } from './ad-hoc-documents.js';
import type { RankedDocument } from './persistence/keyword-index.js';
import { SCORE_UNIT } from './ranking/bm25.js';
import type { ChannelHit, FusedHit } from './ranking/fusion.js';
import {
  mapBoosts,
  type QueryIntent,
  type Ranking,
  type SearchAnswer,
  type SearchHit,
  type SearchMode,
  type SearchPosition,
  type SearchRequest,
  type SearchScope,
} from './search.js';
import type { SearchChannels } from './remembered-search.js';
import type { SemanticFindings } from './semantic-search.js';

/** Each channel is asked for so many hits at least: fusion needs to see what one of them ranks low. */
const LEAST_DEPTH = 100;
/** A semantic or hybrid search ends after so many hits; a keyword search goes on to the last. */
export const MOST_HITS = 500;
const MARK_LENGTH = 8;
const MARK = /.{8}/g;

/**
 * The hits that earlier pages have shown, small enough for a cursor: 48 bits of the SHA-256 of each id. Two of the at
 * most 500 hits of a search have the same mark once in two billion searches, and then one of them is not shown.
 */
export class SeenHits {
  private readonly marks: Set<string>;

  /** @param packed what `pack` gave */
  constructor(packed = '') {
    this.marks = new Set(packed.match(MARK));
  }

  get count(): number {
    return this.marks.size;
  }

  has(id: string): boolean {
    return this.marks.has(markOf(id));
  }

  /** These and the ones given, as text. */
  packWith(ids: readonly string[]): string {
    return [...new Set([...this.marks, ...ids.map(markOf)])].join('');
  }
}

function markOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, MARK_LENGTH);
}

/** A search of one project, worked out as far as its words go. */
export interface PreparedSearch {
  readonly scope: SearchScope;
  readonly request: SearchRequest;
  readonly billedPrincipal: Principal | undefined;
  readonly query: QueryAnalysis;
  /** How the query was understood, where that isn't plain. */
  readonly reading: readonly string[];
  /** Absent where the query holds no word that the index could hold. */
  readonly ranking: Ranking | undefined;
  readonly asOfMs: number;
  /** The moment that validity is asked for. */
  readonly validAtMs: number;
  /** What the query says of the time that it asks about. */
  readonly intent: QueryIntent | undefined;
  /** Whether contexts of the project have a time of validity. */
  readonly isDated: boolean;
  /** The next moment at which one of those times comes. */
  readonly untilMs?: number;
  /** What the index does not hold: what open sessions wrote, and earlier versions. Ranked by its words beside it. */
  readonly adHoc: AdHocDocuments;
  /** What earlier pages have shown, where pages go by that. */
  readonly seen: SeenHits;
  /** Hits that each channel is asked for. */
  readonly depth: number;
  /** Under way since before the query's words were weighed: it does not wait for them. Absent where only words count. */
  readonly similarity: Promise<SemanticFindings> | undefined;
  /** Whether every word of the query is one of the project's. */
  readonly areWordsKnown: boolean;
  /** Hits that each channel is asked for besides, for what is merged later. */
  readonly spare: number;
  /** Whether what is removed after it was ranked is left out; else `RemovedMeanwhileError` reports it. */
  readonly leavesOutRemoved: boolean;
}

/** A page before its hits are described. */
export interface Page {
  readonly mode: SearchMode;
  readonly hits: readonly FusedHit[];
  readonly next?: SearchPosition;
  /** Why the answer is worse than what was asked for. */
  readonly faults: readonly string[];
  /** What else there is to know about it. */
  readonly notes: readonly string[];
  /** What it was made of, where that can be brought up to date. */
  readonly channels?: SearchChannels;
  readonly intent?: QueryIntent;
}

export function toAnswer(
  { project }: SearchRequest,
  { mode, faults, notes, next, intent }: Page,
  items: readonly SearchHit[],
  emptyReason: string | null = null,
  untilMs?: number,
): SearchAnswer {
  const reason = [...faults, ...notes].join('; ') || null;
  const changes = [untilMs, untilOf(intent)].filter((change) => change !== undefined);
  const until = changes.length === 0 ? {} : { untilMs: Math.min(...changes) };
  const asked = intent === undefined ? {} : { intent };
  const answer = { project, mode, degraded: faults.length > 0, reason, emptyReason, items, ...asked, ...until };
  return next === undefined ? answer : { ...answer, next };
}

/** When the words of a query mean another time. Undefined: never. */
export function untilOf(intent: QueryIntent | undefined): number | undefined {
  return intent?.kind === 'time' ? intent.untilMs : undefined;
}

/**
 * Whether a search by keywords goes from page to page by what was seen: the order of its hits is not the one that the index
 * gives them. Others go by the place of the last hit.
 */
export function goesBySeen({ after }: SearchRequest, intent: QueryIntent | undefined): boolean {
  return intent !== undefined && after?.by !== 'score';
}

export function toChannelHit(document: RankedDocument): ChannelHit {
  const { kind, id, label, version, keywordScore, boosts } = document;
  return {
    kind,
    id,
    label,
    version,
    relevance: keywordScore / SCORE_UNIT,
    boosts: mapBoosts(boosts, (boost) => boost / SCORE_UNIT),
  };
}

/** Hits that each channel is asked for. */
export function depthOf({ limit }: SearchRequest, seen: SeenHits): number {
  return Math.min(MOST_HITS, Math.max(LEAST_DEPTH, seen.count + limit + 1));
}

/** The request with what it says of validity as a filter. @param nowMs what `current` means */
export function withValidity(request: SearchRequest, nowMs: number): SearchRequest {
  const { asOf, current, filters } = request;
  if (asOf !== undefined) return { ...request, filters: { ...filters, valid: { at: asOf, isKnown: true } } };
  if (current !== true) return request;
  return { ...request, filters: { ...filters, valid: { at: new Date(nowMs), isKnown: false } } };
}

/** What both channels are narrowed by; the lowest score is one of the whole answer. */
export function narrowing(request: SearchRequest, { phrases, exclusions }: QueryAnalysis) {
  const { minScore: _, ...filters } = request.filters;
  return { filters, phrases, exclusions };
}
