import type { ProjectId } from '#kernel';
import { byRank, type RankedDocument } from './persistence/keyword-index.js';
import type { Ranking, SearchMode } from './search.js';
import type { Nearby } from './semantic-search.js';

/** So many hits more than a page needs are remembered of each channel: so many may be removed before it has to be made again. */
export const SPARE = 50;
/** A search that more pieces have changed since is made again: its statistics are too old by then. */
export const MOST_CHANGES = 200;

/** What the channels of a search have found, deeper than it is shown. */
export interface SearchChannels {
  /** Best first. */
  readonly keyword: {
    readonly hits: readonly RankedDocument[];
    /** Whether nothing else holds the words. */ readonly isAll: boolean;
  };
  /** Absent of a search by keywords alone. */
  readonly nearby?: Nearby;
}

/**
 * A search that can be brought up to date: what its channels had found at a watermark, by statistics of then. It holds no
 * more of texts than snippets.
 */
export interface RememberedSearch extends SearchChannels {
  readonly projectId: ProjectId;
  readonly watermark: string;
  readonly mode: SearchMode;
  readonly ranking: Ranking;
  readonly areWordsKnown: boolean;
  /** The next moment at which it changes by itself. Absent: never. */
  readonly untilMs?: number;
  /** Id and snippet of what was shown. */
  readonly snippets: readonly (readonly [string, string])[];
}

/**
 * The best of a list in which some pieces have changed.
 * @param changed ids of all that have changed
 * @param ranked those of them that are found now
 * @returns undefined where what the list had cut off could be among them
 */
export function mergeRanked(
  { hits, isAll }: SearchChannels['keyword'],
  changed: ReadonlySet<string>,
  ranked: readonly RankedDocument[],
  depth: number,
): RankedDocument[] | undefined {
  return mergeSorted(hits, isAll, changed, ranked, { compare: byRank, depth });
}

/** As `mergeRanked`, of what lies near. */
export function mergeNearby(
  { nearest, hits, isAll }: Nearby,
  changed: ReadonlySet<string>,
  found: Nearby,
  depth: number,
): Nearby | undefined {
  const merged = mergeSorted(nearest, isAll, changed, found.nearest, { compare: byCosine, depth });
  if (merged === undefined) return undefined;
  return { nearest: merged, hits: [...hits.filter(({ id }) => !changed.has(id)), ...found.hits], isAll };
}

function mergeSorted<Item extends { readonly id: string }>(
  list: readonly Item[],
  isAll: boolean,
  changed: ReadonlySet<string>,
  found: readonly Item[],
  { compare, depth }: { readonly compare: (a: Item, b: Item) => number; readonly depth: number },
): Item[] | undefined {
  const merged = [...list.filter(({ id }) => !changed.has(id)), ...found].sort(compare);
  const last = list.at(-1);
  if (isAll || last === undefined) return merged.slice(0, depth);
  // What the list does not have comes after its last one.
  const sure = merged.filter((item) => compare(item, last) <= 0);
  return sure.length < depth ? undefined : sure.slice(0, depth);
}

function byCosine(a: Nearby['nearest'][number], b: Nearby['nearest'][number]): number {
  return b.cosine - a.cosine || (a.id < b.id ? -1 : 1);
}
