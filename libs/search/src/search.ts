import type { Priority } from '#context';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';

export const searchKinds = ['context', 'entry', 'message'] as const;
export type SearchKind = (typeof searchKinds)[number];

export const searchModes = ['hybrid', 'semantic', 'keyword'] as const;
export type SearchMode = (typeof searchModes)[number];

/** What search knows of a piece of memory. `id` is the id of the thing itself: of the context version, of the entry, of the message. */
export interface SearchDocument {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  readonly id: string;
  readonly kind: SearchKind;
  /** At most one document of a kind, project and label is searchable: the last one indexed. */
  readonly label?: string;
  readonly version?: number;
  readonly text: string;
  readonly priority?: Priority;
  readonly tags: readonly string[];
  readonly sessionId?: SessionId;
  readonly createdAt: Date;
  /** Where it stands among what was said or logged with it. */
  readonly place?: Place;
  /** Who said it, by name. */
  readonly author?: string;
  /** As what, of a message. */
  readonly role?: string;
}

/** A place in a conversation, or in the log of a session. Things whose numbers differ by 1 are next to each other. */
export interface Place {
  readonly threadId: string;
  /** From 1, below 2^23. */
  readonly number: number;
}

/** A stretch of time that a question names. */
export interface TimeRange {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

/** What a question says of the time that it asks about. */
export type QueryIntent =
  | {
      readonly kind: 'now';
      /** The words that say so, as they stand in the question. */
      readonly phrase: string;
    }
  | {
      readonly kind: 'time';
      readonly phrase: string;
      /** Absent: without a beginning. */
      readonly fromMs?: number;
      /** Exclusive. Absent: without an end. */
      readonly toMs?: number;
      /** When the same words mean another time. Absent: never. */
      readonly untilMs?: number;
      /** It asks for what was there before something that has no date. */
      readonly isEarlier?: true;
    };

/** A term and what it contributes at most, in score units (see `ranking/bm25`). */
export interface WeightedTerm {
  readonly term: string;
  readonly weight: number;
}

/** Everything the order of the results depends on. The same ranking over the same documents gives the same scores. */
export interface Ranking {
  readonly terms: readonly WeightedTerm[];
  /** Of the passages of the project's documents, in terms. */
  readonly averageLength: number;
  /** The moment that the recency boost counts from. */
  readonly asOfMs: number;
  /** Whether no document holds a word of the query, and the terms are of words near to them. */
  readonly isGuess: boolean;
  /** Those of the terms that are names of people who said something in the project. */
  readonly names?: readonly string[];
  /** Whether contexts of the project have a time of validity. */
  readonly isDated?: boolean;
  /** What was said then is meant first. */
  readonly times?: readonly TimeRange[];
}

/** The document that a page starts after. */
export interface RankPosition {
  /** In score units. */
  readonly score: number;
  readonly id: string;
}

/** Where a search looks. Nothing outside of it is ever read. */
export interface SearchScope {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
}

/** All that are given must hold. No filter is ever loosened to find more. */
export interface SearchFilters {
  readonly priority?: Priority;
  /** Every one of them. */
  readonly tags?: readonly string[];
  readonly sessionId?: SessionId;
  /** Created at this time or later. */
  readonly since?: Date;
  /** Absent: all. */
  readonly kinds?: readonly SearchKind[];
  /** Leaves out messages of conversations that are not archived. */
  readonly settled?: true;
  /** Contexts that are valid at that time; where `isKnown`, of everything only what was there by then. */
  readonly valid?: { readonly at: Date; readonly isKnown: boolean };
  /** Lowest final score, on the scale of the mode that runs. */
  readonly minScore?: number;
}

/** Whether a document passes all filters but the lowest score; whether a context is valid is not looked at. */
export function satisfies(
  document: Pick<SearchDocument, 'kind' | 'priority' | 'tags' | 'sessionId' | 'createdAt'>,
  { priority, tags, sessionId, since, kinds, valid }: SearchFilters,
): boolean {
  return (
    (valid?.isKnown !== true || document.kind === 'context' || document.createdAt <= valid.at) &&
    (kinds === undefined || kinds.includes(document.kind)) &&
    (priority === undefined || document.priority === priority) &&
    (tags === undefined || tags.every((tag) => document.tags.includes(tag))) &&
    (sessionId === undefined || document.sessionId === sessionId) &&
    (since === undefined || document.createdAt >= since)
  );
}

/**
 * Where the next page of a keyword search starts. It carries the ranking of the first page, so that later pages score by
 * the same weights and the same clock however the project has changed since: a document that was there all along comes
 * exactly once.
 */
export interface KeywordPosition {
  readonly by: 'score';
  readonly ranking: Ranking;
  readonly after: RankPosition;
  /** Hits of the first page that were put before what they supersede; see `SeenHits`. */
  readonly added?: string;
}

/**
 * Where the next page of a semantic or hybrid search starts. Ranks of one channel shift as others write, so the page
 * is reported by the hits that came before it: none of them comes again, whatever has changed.
 */
export interface FusedPosition {
  readonly by: 'seen';
  /** Absent where the query holds no word that could be looked up. */
  readonly ranking: Ranking | undefined;
  readonly asOfMs: number;
  /** See `SeenHits`. */
  readonly seen: string;
}

export type SearchPosition = KeywordPosition | FusedPosition;

export interface SearchRequest {
  /** Slug; one that does not exist holds nothing. */
  readonly project: string;
  readonly query: string;
  /** Absent: the best there is. */
  readonly mode?: SearchMode;
  readonly rerank: boolean;
  /** Unless false, what is near to the query by words or vectors is found where nothing holds a word of it. */
  readonly weak?: boolean;
  readonly limit: number;
  readonly after?: SearchPosition;
  /** Leaves out contexts that are not valid now. */
  readonly current?: boolean;
  /** What was valid and there at that time. */
  readonly asOf?: Date;
  readonly filters: SearchFilters;
}

/** What the declared boosts add; see `ranking/boosts`. */
export interface Boosts {
  readonly recency: number;
  readonly priority: number;
  /** Of a message that a person did not write: below 0. */
  readonly role: number;
  /** That whom the query names said it, or that it names them. */
  readonly author: number;
  /** Of what was said or logged right before and after. */
  readonly neighbours: number;
  /** That it was said when the query says. */
  readonly time: number;
}

export const NO_BOOSTS: Boosts = { recency: 0, priority: 0, role: 0, author: 0, neighbours: 0, time: 0 };

export function sumOf(boosts: Boosts, start = 0): number {
  return Object.values(boosts).reduce((sum: number, boost: number) => sum + boost, start);
}

export function mapBoosts(boosts: Boosts, change: (boost: number, name: keyof Boosts) => number): Boosts {
  const { recency, priority, role, author, neighbours, time } = boosts;
  return {
    recency: change(recency, 'recency'),
    priority: change(priority, 'priority'),
    role: change(role, 'role'),
    author: change(author, 'author'),
    neighbours: change(neighbours, 'neighbours'),
    time: change(time, 'time'),
  };
}

/**
 * What each channel and boost gave to a hit; they add up to the score it was ranked by. A reranker orders the best of
 * them again: then `rerank` is the score, and the others are those of before.
 */
export interface ChannelScores extends Boosts {
  /** Of BM25 over the words of the query, in the passage that says most. */
  readonly keyword: number;
  /** Of the similarity of vectors. */
  readonly semantic: number;
  /** What it gained to stand before what it supersedes. Absent where that is nothing. */
  readonly succession?: number;
  /** What it gained or lost as one of several about the same thing, where the question asks for now. Absent where that is nothing. */
  readonly intent?: number;
  /** Absent where no reranker looked at it. */
  readonly rerank?: number;
}

/** How one channel found a hit by itself. */
export interface ChannelRank {
  /** 1 is the best. Absent on a later page of a keyword search, which does not look at those before it. */
  readonly rank?: number;
  /** Its own: BM25, or the cosine of two vectors; boosts included. */
  readonly score: number;
}

export interface ChannelRanks {
  readonly keyword?: ChannelRank;
  readonly semantic?: ChannelRank;
}

export interface SearchHit {
  readonly kind: SearchKind;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  readonly score: number;
  readonly scores: ChannelScores;
  readonly channels: ChannelRanks;
  /** Whether nothing holds a word of the query, so that it is only near to it, by words or by vectors. */
  readonly weak: boolean;
  /** What takes the place of it, from `validTo` on. */
  readonly supersededBy: string | null;
  readonly validTo: Date | null;
  /** A short stretch of the text around what matched, on one line. */
  readonly snippet: string;
}

export interface SearchAnswer {
  readonly project: string;
  /** The mode that ran. */
  readonly mode: SearchMode;
  /** Whether a channel that was asked for did not take part. Such an answer is not to be cached as a good one. */
  readonly degraded: boolean;
  /** Why it is degraded, and what else there is to know about it. */
  readonly reason: string | null;
  /** Why it is empty; null where it is not. */
  readonly emptyReason: string | null;
  /** What the query says of the time that it asks about, where that has been acted on. */
  readonly intent?: QueryIntent;
  readonly items: readonly SearchHit[];
  /** The next moment at which the answer changes by itself. Absent: never. */
  readonly untilMs?: number;
  /** Absent on the last page. */
  readonly next?: SearchPosition;
}
