import type { Priority } from '#context';
import type { ProjectId, WorkspaceId } from '#kernel';
import { isSpellable } from '../analysis/document-analysis.js';
import { wordsOfName } from '../analysis/words.js';
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
import {
  AUTHOR_WEIGHT,
  dampingOf,
  NEIGHBOUR_SHARES,
  PRIORITY_BOOST,
  recencyShare,
  roleWeightOf,
  TIME_BOOST,
} from '../ranking/boosts.js';
import type { SimilarWord } from '../ranking/spelling.js';
import {
  type Place,
  type Ranking,
  satisfies,
  type SearchDocument,
  type SearchScope,
  sumOf,
  type WeightedTerm,
} from '../search.js';

const STOP_WORDS = new Set(['a', 'and', 'be', 'not', 'of', 'or', 'the', 'to']);

interface Stored {
  document: SearchDocument;
  /** Words by segment, the label's first; absent words are stop words. */
  readonly segments: readonly { readonly position: number; readonly text: string; readonly words: readonly string[] }[];
  readonly terms: readonly string[];
  /** The terms of each passage. */
  readonly passages: readonly (readonly string[])[];
}

/** The keyword index in memory, for one text search configuration: stop words, and words that are their own stems. */
export class FakeKeywordIndex extends KeywordIndex {
  private stored: Stored[] = [];
  private readonly noted: (ChangedPiece & { readonly workspaceId: WorkspaceId; readonly place?: Place })[] = [];
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
    const places = changed.flatMap(({ place }) => place ?? []);
    const isNear = ({ document: { id, place } }: Stored) =>
      !ids.has(id) && place !== undefined && places.some((other) => distance(place, other) <= NEIGHBOUR_SHARES.length);
    const near = this.in(scope).filter(isNear);
    for (const { document } of near) ids.add(document.id);
    const ranked = await this.rank(scope, { ...request, limit: Number.POSITIVE_INFINITY });
    return {
      pieces: [...pieces, ...near.map(({ document: { id, kind } }) => ({ id, kind }))],
      ranked: ranked.filter(({ id }) => ids.has(id)),
    };
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
    const passages = documents.flatMap((entry) => entry.passages);
    const total = passages.reduce((sum, held) => sum + lengthOf(held), 0);
    const names = new Set(documents.flatMap(namesOf));
    return Promise.resolve({
      documentCount: documents.length,
      passageCount: passages.length,
      averageLength: passages.length === 0 ? 0 : total / passages.length,
      terms: [...new Set(terms)].sort().map((term) => ({
        term,
        queryFrequency: terms.filter((other) => other === term).length,
        passageFrequency: passages.filter((held) => held.includes(term)).length,
        isName: names.has(term),
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
            passageFrequency: held.filter((terms) => terms.includes(candidate)).length,
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
            passageFrequency: held.filter((terms) => terms.includes(candidate)).length,
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
            passageFrequency: held.filter((terms) => terms.includes(candidate)).length,
          })),
      ),
    );
  }

  haveTerms(phrases: readonly string[]): Promise<readonly boolean[]> {
    return Promise.resolve(phrases.map((phrase) => wordsOf(phrase).some(isTerm)));
  }

  rank(scope: SearchScope, request: RankRequest): Promise<RankedDocument[]> {
    const { ranking, filters, after } = request;
    const all = this.in(scope, request.adHoc);
    const own = new Map(all.map((entry) => [entry.document.id, ownScoreOf(entry, ranking)]));
    const neighbours = (entry: Stored) =>
      NEIGHBOUR_SHARES.map((share, index) => {
        const { place } = entry.document;
        const near = all.filter(
          ({ document: other }) => place && other.place && distance(place, other.place) === index + 1,
        );
        const scores = near.map((other) => (own.get(other.document.id) ?? 0) * authorWeightOf(other, ranking));
        return share * Math.max(0, ...scores);
      }).reduce((sum, share) => sum + share, 0);
    const ranked = all
      .filter(({ terms }) => ranking.terms.some(({ term }) => terms.includes(term)))
      .filter((entry) => request.phrases.every((phrase) => holdsPhrase(entry, phrase)))
      .filter((entry) => !request.exclusions.some((phrase) => holdsPhrase(entry, phrase)))
      .filter(({ document }) => satisfies(document, filters))
      .map((entry) => scored(entry, request, neighbours(entry)))
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
  const passages: string[][] = Array.from({ length: analysis.passageCount }, () => []);
  passages[0]?.push(...wordsOf(analysis.labelWords).filter(isTerm));
  let first = 0;
  for (const { words, starts } of analysis.segments) {
    const count = Math.max(1, starts.length / 2);
    for (const [index, word] of wordsOf(words).entries()) {
      const stretch = starts.filter((start) => start <= index + 1).length - 1;
      if (isTerm(word)) passages[first + (stretch % count)]?.push(word);
    }
    first += count;
  }
  return { document, segments, passages, terms: segments.flatMap(({ words }) => words.filter(isTerm)) };
}

function distance(one: Place, other: Place): number {
  return one.threadId === other.threadId ? Math.abs(one.number - other.number) : Number.POSITIVE_INFINITY;
}

function namesOf({ document: { author = '' } }: Stored): string[] {
  return wordsOf(wordsOfName(author, { foldAccents: true })).filter(isTerm);
}

function authorWeightOf(entry: Stored, { names = [], terms }: Ranking): number {
  const asked = names.filter((name) => terms.some(({ term }) => term === name));
  const named = entry.document.place === undefined ? entry.terms : namesOf(entry);
  return asked.some((name) => named.includes(name)) ? AUTHOR_WEIGHT : 1;
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

function factorOf({ document, passages }: Stored): number {
  return Math.fround(dampingOf(passages.length) * roleWeightOf(document.role));
}

/** Of its best passage. */
function ownScoreOf(entry: Stored, { terms, averageLength }: Ranking): number {
  const factor = factorOf(entry);
  const scores = entry.passages.map((held) => {
    const relativeLength = averageLength > 0 ? lengthOf(held) / averageLength : 0;
    const norm = BM25.k1 * (1 - BM25.b + BM25.b * relativeLength);
    const shareOf = ({ term, weight }: WeightedTerm) => {
      const frequency = held.filter((other) => other === term).length;
      return Math.round((weight * factor * frequency) / (frequency + norm));
    };
    return terms.reduce((sum, term) => sum + shareOf(term), 0);
  });
  return Math.max(0, ...scores);
}

function scored(entry: Stored, { ranking }: RankRequest, neighbours: number): RankedDocument {
  const { document } = entry;
  const ownScore = ownScoreOf(entry, ranking);
  const weight = authorWeightOf(entry, ranking);
  const author = Math.round(ownScore * (weight - 1));
  const around = Math.round(weight * factorOf(entry) * neighbours);
  const relevance = ownScore + author + around;
  const createdMs = document.createdAt.getTime();
  const isThen = (ranking.times ?? []).some(({ fromMs, toMs }) => createdMs >= fromMs && createdMs < toMs);
  const keywordScore = Math.round(ownScore / roleWeightOf(document.role));
  const boosts = {
    recency: Math.round(relevance * recencyShare(document.createdAt, ranking.asOfMs)),
    priority: Math.round(relevance * (document.priority === undefined ? 0 : PRIORITY_BOOST[document.priority])),
    role: ownScore - keywordScore,
    author,
    neighbours: around,
    time: isThen && document.kind !== 'context' ? Math.round(relevance * TIME_BOOST) : 0,
  };
  const { kind, id, label = null, version = null } = document;
  return { kind, id, label, version, score: keywordScore + sumOf(boosts), keywordScore, boosts };
}

function holdsAll({ segments }: Stored, phrase: string): boolean {
  return segments.some(({ words }) => ` ${words.join(' ')} `.includes(` ${phrase} `));
}

function holdsPhrase(stored: Stored, phrase: string): boolean {
  const { segments } = stored;
  const wanted = wordsOf(phrase);
  if (!wanted.some(isTerm)) return holdsAll(stored, phrase);
  return segments.some(({ words }) =>
    words.some((_, start) => wanted.every((word, offset) => words[start + offset] === word)),
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
