import type { Priority } from '#context';
import type { ProjectId, WorkspaceId } from '#kernel';
import { isSpellable } from '../analysis/document-analysis.js';
import { isLiteralTerm } from '../analysis/literals.js';
import {
  type AnalysedDocument,
  type ChangedPiece,
  type Changes,
  type HoldingRequest,
  KeywordIndex,
  type Passage,
  type QueryStatistics,
  type RankedDocument,
  type RankRequest,
  type ResolvedDocument,
} from '../persistence/keyword-index.js';
import { BM25, SCORE_UNIT } from '../ranking/bm25.js';
import { ageMsOf, PRIORITY_BOOST, RECENCY_BOOST, RECENCY_HALF_LIFE_MS } from '../ranking/boosts.js';
import type { SimilarWord } from '../ranking/spelling.js';
import { satisfies, type SearchDocument, type SearchScope, type WeightedTerm } from '../search.js';

const STOP_WORDS = new Set(['a', 'and', 'be', 'not', 'of', 'or', 'the', 'to']);

interface Stored {
  document: SearchDocument;
  /** Words by segment, the label's first; absent words are stop words. */
  readonly segments: readonly { readonly position: number; readonly text: string; readonly words: readonly string[] }[];
  readonly terms: readonly string[];
}

/** The keyword index in memory, for one text search configuration: stop words, and words that are their own stems. */
export class FakeKeywordIndex extends KeywordIndex {
  private stored: Stored[] = [];
  private readonly noted: (ChangedPiece & { readonly workspaceId: WorkspaceId })[] = [];
  /** How much of what was noted is forgotten. */
  private forgotten = 0;

  put(documents: readonly AnalysedDocument[]): Promise<void> {
    for (const { document, analysis } of documents) {
      const sameLabel = (other: SearchDocument) =>
        document.label !== undefined && other.label === document.label && other.kind === document.kind;
      this.take(
        ({ document: other }) =>
          other.workspaceId === document.workspaceId &&
          (other.id === document.id || (other.projectId === document.projectId && sameLabel(other))),
      );
      this.stored.push(toStored({ document, analysis }));
      this.noted.push(document);
    }
    return Promise.resolve();
  }

  remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    this.take(({ document }) => document.workspaceId === workspaceId && ids.includes(document.id));
    return Promise.resolve();
  }

  describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void> {
    for (const entry of this.stored) {
      const { document } = entry;
      if (document.workspaceId !== workspaceId || document.id !== id) continue;
      entry.document = {
        ...document,
        priority: change.priority ?? document.priority,
        tags: change.tags ?? document.tags,
      };
      this.noted.push(document);
    }
    return Promise.resolve();
  }

  noteChanged(workspaceId: WorkspaceId, pieces: readonly ChangedPiece[]): Promise<void> {
    this.noted.push(...pieces.map((piece) => ({ ...piece, workspaceId })));
    return Promise.resolve();
  }

  /** It keeps no time: everything is old enough. */
  forgetChanges(): Promise<void> {
    this.forgotten = this.noted.length;
    return Promise.resolve();
  }

  watermark(): Promise<string> {
    return Promise.resolve(String(this.noted.length));
  }

  async changesSince(
    scope: SearchScope,
    watermark: string,
    request: Omit<RankRequest, 'after' | 'limit' | 'adHoc'>,
    most: number,
  ): Promise<Changes | undefined> {
    if (Number(watermark) < this.forgotten) return undefined;
    const changed = this.noted
      .slice(Number(watermark))
      .filter(({ workspaceId, projectId }) => workspaceId === scope.workspaceId && projectId === scope.projectId);
    const pieces = [...new Map(changed.map(({ id, kind }) => [id, { id, kind }])).values()];
    if (pieces.length > most) return undefined;
    const ids = new Set(pieces.map(({ id }) => id));
    const ranked = await this.rank(scope, { ...request, limit: Number.POSITIVE_INFINITY });
    return { pieces, ranked: ranked.filter(({ id }) => ids.has(id)) };
  }

  /** One analysis is all there is. */
  takeStale(): Promise<SearchDocument[]> {
    return Promise.resolve([]);
  }

  reindex(documents: readonly AnalysedDocument[]): Promise<void> {
    return this.put(documents);
  }

  statistics(scope: SearchScope, words: string): Promise<QueryStatistics> {
    const documents = this.in(scope);
    const terms = wordsOf(words).filter(isTerm);
    const total = documents.reduce((sum, { terms: held }) => sum + lengthOf(held), 0);
    return Promise.resolve({
      documentCount: documents.length,
      averageLength: documents.length === 0 ? 0 : total / documents.length,
      terms: [...new Set(terms)].sort().map((term) => ({
        term,
        queryFrequency: terms.filter((other) => other === term).length,
        documentFrequency: documents.filter((entry) => entry.terms.includes(term)).length,
      })),
    });
  }

  similarWords(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const held = this.in(scope).map(({ terms }) => terms);
    const known = [...new Set(held.flat())].filter((word) => /^\p{L}{4,}$/u.test(word));
    const unknown = words.filter((word) => isTerm(word) && !held.some((terms) => terms.includes(word)));
    return Promise.resolve(
      unknown.flatMap((word) =>
        known
          .filter((candidate) => likeness(word, candidate) > 0.3)
          .map((candidate) => ({
            word,
            candidate,
            term: candidate,
            documentFrequency: held.filter((terms) => terms.includes(candidate)).length,
          })),
      ),
    );
  }

  nearCandidates(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const held = this.in(scope).map(({ terms }) => terms);
    const known = [...new Set(held.flat())].filter(isSpellable);
    return Promise.resolve(
      words.flatMap((word) =>
        known
          .filter((candidate) => candidate !== word)
          .map((candidate) => ({
            word,
            candidate,
            term: candidate,
            documentFrequency: held.filter((terms) => terms.includes(candidate)).length,
          })),
      ),
    );
  }

  longerTerms(scope: SearchScope, words: readonly string[]): Promise<SimilarWord[]> {
    const held = this.in(scope).map(({ terms }) => terms);
    const known = [...new Set(held.flat())].sort();
    return Promise.resolve(
      words.flatMap((word) =>
        known
          .filter((candidate) => candidate !== word && candidate.startsWith(word))
          .map((candidate) => ({
            word,
            candidate,
            term: candidate,
            documentFrequency: held.filter((terms) => terms.includes(candidate)).length,
          })),
      ),
    );
  }

  haveTerms(phrases: readonly string[]): Promise<readonly boolean[]> {
    return Promise.resolve(phrases.map((phrase) => wordsOf(phrase).some(isTerm)));
  }

  rank(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    const { ranking, filters, after } = request;
    const ranked = this.in(scope, request.adHoc)
      .filter(({ terms }) => ranking.terms.some(({ term }) => terms.includes(term)))
      .filter((entry) => request.phrases.every((phrase) => holdsPhrase(entry, phrase)))
      .filter((entry) => !request.exclusions.some((phrase) => holdsPhrase(entry, phrase)))
      .filter(({ document }) => satisfies(document, filters))
      .map((entry) => scored(entry, request))
      .filter(({ score }) => filters.minScore === undefined || score >= filters.minScore * SCORE_UNIT)
      .filter(({ score, id }) => after === undefined || score < after.score || (score === after.score && id > after.id))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
    return Promise.resolve(ranked.slice(0, request.limit));
  }

  holding(scope: SearchScope, { words, text, exclusions, filters, limit, mostSegments }: HoldingRequest) {
    const newest = this.in(scope)
      .filter(({ document }) => satisfies(document, filters))
      .sort(
        (a, b) =>
          Number(b.document.createdAt) - Number(a.document.createdAt) || (a.document.id < b.document.id ? 1 : -1),
      );
    const looked = newest.slice(0, mostSegments);
    const found = looked
      .filter((entry) => words === undefined || holdsAll(entry, words))
      .filter(({ document }) => text === undefined || document.text.includes(text))
      .filter((entry) => !exclusions.some((phrase) => holdsPhrase(entry, phrase)));
    const documents = found
      .slice(0, limit)
      .map(({ document: { kind, id, label = null, version = null } }) => ({ kind, id, label, version }));
    return Promise.resolve({ documents, isPartial: newest.length >= mostSegments });
  }

  resolve(
    scope: SearchScope,
    ids: readonly string[],
    { phrases, exclusions }: Pick<RankRequest, 'phrases' | 'exclusions'>,
  ): Promise<ResolvedDocument[]> {
    const found = this.in(scope)
      .filter(({ document }) => ids.includes(document.id))
      .filter((entry) => phrases.every((phrase) => holdsPhrase(entry, phrase)))
      .filter((entry) => !exclusions.some((phrase) => holdsPhrase(entry, phrase)));
    return Promise.resolve(
      found.map(({ document: { kind, id, label, version, priority, createdAt } }) => ({
        kind,
        id,
        label: label ?? null,
        version: version ?? null,
        priority,
        createdAt,
      })),
    );
  }

  projectsOf(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ProjectId[]> {
    const found = this.stored.filter(
      ({ document }) => document.workspaceId === workspaceId && ids.includes(document.id),
    );
    return Promise.resolve([...new Set(found.map(({ document }) => document.projectId))]);
  }

  passages(
    scope: SearchScope,
    ids: readonly string[],
    terms: readonly WeightedTerm[],
    adHoc: readonly AnalysedDocument[] = [],
  ): Promise<Passage[]> {
    const found = this.in(scope, adHoc).filter(({ document }) => ids.includes(document.id));
    return Promise.resolve(
      found.map(({ document, segments }) => {
        const weighed = segments
          .slice(1)
          .map((segment) => ({ segment, weight: weightOf(segment.words, terms) }))
          .sort((a, b) => b.weight - a.weight || a.segment.position - b.segment.position);
        const { text, words } = weighed[0]!.segment;
        const matches = terms.map(({ term }) => ({
          term,
          positions: words.flatMap((word, index) => (word === term ? [index + 1] : [])),
        }));
        return { id: document.id, text, matches: matches.filter(({ positions }) => positions.length > 0) };
      }),
    );
  }

  private take(isTaken: (entry: Stored) => boolean): void {
    this.noted.push(...this.stored.filter(isTaken).map(({ document }) => document));
    this.stored = this.stored.filter((entry) => !isTaken(entry));
  }

  private in({ workspaceId, projectId }: SearchScope, adHoc: readonly AnalysedDocument[] = []): Stored[] {
    const stored = this.stored.filter(
      ({ document }) => document.workspaceId === workspaceId && document.projectId === projectId,
    );
    const known = new Set(stored.map(({ document }) => document.id));
    return [...stored, ...adHoc.filter(({ document }) => !known.has(document.id)).map(toStored)];
  }
}

function toStored({ document, analysis }: AnalysedDocument): Stored {
  const segments = [
    { position: 0, text: document.label ?? '', words: wordsOf(analysis.labelWords) },
    ...analysis.segments.map(({ text, words }, index) => ({ position: index + 1, text, words: wordsOf(words) })),
  ];
  return { document, segments, terms: segments.flatMap(({ words }) => words.filter(isTerm)) };
}

function wordsOf(words: string): string[] {
  return words === '' ? [] : words.split(' ');
}

function isTerm(word: string): boolean {
  return !STOP_WORDS.has(word);
}

function lengthOf(terms: readonly string[]): number {
  return terms.filter((term) => !isLiteralTerm(term)).length;
}

function scored({ document, terms }: Stored, { ranking }: RankRequest): RankedDocument {
  let keywordScore = 0;
  for (const { term, weight } of ranking.terms) {
    const frequency = terms.filter((other) => other === term).length;
    const relativeLength = ranking.averageLength > 0 ? lengthOf(terms) / ranking.averageLength : 0;
    const norm = BM25.k1 * (1 - BM25.b + BM25.b * relativeLength);
    keywordScore += Math.round((weight * frequency) / (frequency + norm));
  }
  const ageMs = ageMsOf(document.createdAt, ranking.asOfMs);
  const recencyScore = Math.round(keywordScore * RECENCY_BOOST * 0.5 ** (ageMs / RECENCY_HALF_LIFE_MS));
  const priorityScore = Math.round(
    keywordScore * (document.priority === undefined ? 0 : PRIORITY_BOOST[document.priority]),
  );
  const { kind, id, label, version } = document;
  const score = keywordScore + recencyScore + priorityScore;
  return {
    kind,
    id,
    label: label ?? null,
    version: version ?? null,
    score,
    keywordScore,
    recencyScore,
    priorityScore,
  };
}

function holdsAll({ segments }: Stored, phrase: string): boolean {
  return segments.some(({ words }) => ` ${words.join(' ')} `.includes(` ${phrase} `));
}

function holdsPhrase(stored: Stored, phrase: string): boolean {
  const { segments } = stored;
  const wanted = wordsOf(phrase);
  if (!wanted.some(isTerm)) return holdsAll(stored, phrase);
  return segments.some(({ words }) =>
    words.some((_, start) => wanted.every((word, offset) => !isTerm(word) || words[start + offset] === word)),
  );
}

function weightOf(words: readonly string[], terms: readonly WeightedTerm[]): number {
  return terms.reduce((sum, { term, weight }) => sum + (words.includes(term) ? weight : 0), 0);
}

/** Shared trigrams over all trigrams, as pg_trgm counts them. */
function likeness(first: string, second: string): number {
  const [a, b] = [trigrams(first), trigrams(second)];
  const shared = [...a].filter((trigram) => b.has(trigram)).length;
  return shared / (a.size + b.size - shared);
}

function trigrams(word: string): Set<string> {
  const padded = `  ${word} `;
  return new Set(Array.from({ length: padded.length - 2 }, (_, index) => padded.slice(index, index + 3)));
}
