import type { RankedDocument } from './persistence/keyword-index.js';
import { SCORE_UNIT } from './ranking/bm25.js';
import type { ChannelHit, FusedHit } from './ranking/fusion.js';
import type { SearchAnswer, SearchHit, SearchMode, SearchPosition, SearchRequest } from './search.js';

/** A page before its hits are described. */
export interface Page {
  readonly mode: SearchMode;
  readonly hits: readonly FusedHit[];
  readonly next?: SearchPosition;
  /** Why the answer is worse than what was asked for. */
  readonly faults: readonly string[];
  /** What else there is to know about it. */
  readonly notes: readonly string[];
}

export function toAnswer(
  { project }: SearchRequest,
  { mode, faults, notes, next }: Page,
  items: readonly SearchHit[],
): SearchAnswer {
  const reason = [...faults, ...notes].join('; ') || null;
  const answer = { project, mode, degraded: faults.length > 0, reason, items };
  return next === undefined ? answer : { ...answer, next };
}

export function toChannelHit(document: RankedDocument): ChannelHit {
  const { kind, id, label, version, keywordScore, recencyScore, priorityScore } = document;
  return {
    kind,
    id,
    label,
    version,
    relevance: keywordScore / SCORE_UNIT,
    recency: recencyScore / SCORE_UNIT,
    priority: priorityScore / SCORE_UNIT,
  };
}
