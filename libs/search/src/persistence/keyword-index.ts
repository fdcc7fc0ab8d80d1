import type { Priority } from '#context';
import type { ProjectId, WorkspaceId } from '#kernel';
import type { DocumentAnalysis } from '../analysis/document-analysis.js';
import type { SimilarWord } from '../ranking/spelling.js';
import type {
  Boosts,
  Ranking,
  RankPosition,
  SearchDocument,
  SearchFilters,
  SearchKind,
  SearchScope,
  WeightedTerm,
} from '../search.js';

/** A document with its analysis. */
export interface AnalysedDocument {
  readonly document: SearchDocument;
  readonly analysis: DocumentAnalysis;
}

/** A term of the index as a query uses it. */
export interface QueryTerm {
  readonly term: string;
  /** How often the query holds it. */
  readonly queryFrequency: number;
  /** How many passages of the project hold it. */
  readonly passageFrequency: number;
  /** Whether it is in the name of somebody who said something in the project. */
  readonly isName: boolean;
}

/** What the terms of a query mean in one project now. */
export interface QueryStatistics {
  readonly documentCount: number;
  readonly passageCount: number;
  /** Of a passage, in terms; 0 where there is no document. */
  readonly averageLength: number;
  /** Whether contexts of the project have a time of validity. */
  readonly isDated?: boolean;
  /** When the validity of one of them begins or ends next. */
  readonly nextChangeMs?: number;
  /** Ordered by term; a stop word gives none. */
  readonly terms: readonly QueryTerm[];
}

export interface RankRequest {
  readonly ranking: Ranking;
  /** Words in order, all of them to be found; where they are stop words alone, in the text itself. */
  readonly phrases: readonly string[];
  /** Words in order, none of them to be found. */
  readonly exclusions: readonly string[];
  readonly filters: SearchFilters;
  readonly after?: RankPosition;
  readonly limit: number;
  /**
   * Documents of the scope that are ranked as if the index held them; its statistics leave them out. One that it does
   * hold by now counts once.
   */
  readonly adHoc?: readonly AnalysedDocument[];
}

/** Scores in score units; `score` is the sum of all others. */
export interface RankedDocument {
  readonly kind: SearchKind;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  readonly score: number;
  readonly keywordScore: number;
  readonly boosts: Boosts;
}

/** Something that can be found, and that was written, changed or removed. */
export interface ChangedPiece {
  readonly projectId: ProjectId;
  readonly id: string;
  readonly kind: SearchKind;
}

/** What has changed in a project since a watermark, and what stands so near to it that it is ranked otherwise. */
export interface Changes {
  /** Each once. */
  readonly pieces: readonly Pick<ChangedPiece, 'id' | 'kind'>[];
  /** Those of them that the request finds, best first. */
  readonly ranked: readonly RankedDocument[];
  /** As in `QueryStatistics`; the next moment is one behind that of the ranking. */
  readonly isDated?: boolean;
  readonly nextChangeMs?: number;
}

/** What a text is to hold as it stands: words in order, or else any text. */
export interface HoldingRequest {
  readonly words?: string;
  readonly text?: string;
  readonly exclusions: readonly string[];
  readonly filters: SearchFilters;
  readonly limit: number;
  /** Segments to look at, those of the newest documents. */
  readonly mostSegments: number;
}

/** A document as other channels than the index need it. */
export interface ResolvedDocument {
  readonly kind: SearchKind;
  readonly id: string;
  readonly label: string | null;
  readonly version: number | null;
  readonly priority: Priority | undefined;
  readonly createdAt: Date;
}

/** The segment of a document that says most about the query, and where in it the terms stand. */
export interface Passage {
  readonly id: string;
  readonly text: string;
  readonly matches: readonly {
    readonly term: string;
    /** Ordinal of the word in the segment, from 1. */ readonly positions: readonly number[];
  }[];
}

/** Postings of the searchable documents, and BM25 over them. Writes need a transaction around them. */
export abstract class KeywordIndex {
  /** Stores documents, each replacing one of its id, or of its project, kind and label. */
  abstract put(documents: readonly AnalysedDocument[]): Promise<void>;
  abstract remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void>;
  abstract describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void>;

  /**
   * Notes that pieces are found otherwise, by what the index does not hold of them, such as their vectors. `put`, `remove`,
   * `describe` and `reindex` note what they change themselves.
   */
  abstract noteChanged(workspaceId: WorkspaceId, pieces: readonly ChangedPiece[]): Promise<void>;
  /** Forgets what was noted so long ago; `changesSince` of a watermark before that then answers undefined. */
  abstract forgetChanges(olderThanMs: number): Promise<void>;
  /** Where `changesSince` counts from: what is committed now. Only `changesSince` understands it. */
  abstract watermark(): Promise<string>;
  /**
   * What transactions have noted in the scope that were not committed at the watermark, however long ago they began. All of
   * what `request` finds among it, by the same weights, is ranked.
   * @returns undefined where more than `most` pieces have changed, or where some of it is forgotten
   */
  abstract changesSince(
    scope: SearchScope,
    watermark: string,
    request: Omit<RankRequest, 'after' | 'limit' | 'adHoc'>,
    most: number,
  ): Promise<Changes | undefined>;

  /** The projects that hold documents of these ids, each once. */
  abstract projectsOf(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ProjectId[]>;

  /**
   * Documents of any workspace that were stored by another analysis, or for another text search configuration. In a
   * transaction they stay as they are until its end; those that another transaction holds are passed over.
   */
  abstract takeStale(limit: number): Promise<SearchDocument[]>;
  /** Replaces what is stored of taken documents but what `describe` may have changed. */
  abstract reindex(documents: readonly AnalysedDocument[]): Promise<void>;

  /** @param words separated by spaces, as `analyseQuery` gives them */
  abstract statistics(scope: SearchScope, words: string, nowMs?: number): Promise<QueryStatistics>;
  /**
   * For those of `words` that no document holds and that are no stop words: words of the project's documents that
   * look like them, by trigrams. Candidates, not corrections.
   */
  abstract similarWords(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]>;
  /**
   * For each of `words`: words of the project's documents that it could be near to, by what they have in common at the
   * start, at the end, or whole. Candidates, for `nearWords` to judge; of a project of very many words only some.
   */
  abstract nearCandidates(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]>;
  /** Terms of the project's documents that begin with one of `words` and are longer, a few a word. */
  abstract longerTerms(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]>;
  /** Of each of the phrases, whether it has a word that the index holds at all, that is one that is no stop word. */
  abstract haveTerms(phrases: readonly string[]): Promise<readonly boolean[]>;
  /** The next documents that hold any term and satisfy everything else, by score, highest first, then by id. */
  abstract rank(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]>;
  /**
   * Documents whose text holds what is asked as it stands, newest first; also what is no term of the index. `isPartial`
   * where there are more segments than were looked at.
   */
  abstract holding(
    scope: SearchScope,
    request: HoldingRequest,
  ): Promise<{
    readonly documents: readonly Pick<RankedDocument, 'kind' | 'id' | 'label' | 'version'>[];
    readonly isPartial: boolean;
  }>;
  /** Those of `ids` that are searchable, are valid where that is asked, hold every phrase and none of the exclusions; in no order. */
  abstract resolve(
    scope: SearchScope,
    ids: readonly string[],
    words: Pick<RankRequest, 'phrases' | 'exclusions'> & Pick<SearchFilters, 'valid'>,
  ): Promise<ResolvedDocument[]>;
  /** A passage for each id that is in the index, or else among the documents beside it; in no order. */
  abstract passages(
    scope: SearchScope,
    ids: readonly string[],
    terms: readonly WeightedTerm[],
    adHoc?: readonly AnalysedDocument[],
  ): Promise<Passage[]>;
}

/** The best first. */
export function byRank(a: RankedDocument, b: RankedDocument): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}

/** A lowest score only cuts the end off: it takes nothing out from between. */
export function isUnfiltered({ phrases, exclusions, filters }: RankRequest): boolean {
  const { minScore: _, ...others } = filters;
  return (
    phrases.length === 0 && exclusions.length === 0 && Object.values(others).every((filter) => filter === undefined)
  );
}
