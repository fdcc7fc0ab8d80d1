import { z } from 'zod';
import { decodeCursor, encodeCursor } from '#http';
import type { WorkspaceId } from '#kernel';
import type { Ranking, SearchPosition, SearchRequest, WeightedTerm } from '../search.js';

type Listing = Omit<SearchRequest, 'after' | 'limit'>;

/** Stands where there is no ranking: an average length is never below 0. */
const NO_RANKING = -1;

/** 1: its terms are of words near to those of the query; 2: contexts of the project have a time of validity. */
const flags = z.int().min(0).max(3);
const flat = z.union([z.string(), z.number()]);

const keywordPosition = z
  .tuple([z.number(), z.uuid(), z.string(), z.number(), z.number(), flags, z.string(), z.string()], flat)
  .transform(([score, id, added, asOfMs, averageLength, marks, names, times, ...terms], context): SearchPosition => {
    const ranking = toRanking({ asOfMs, averageLength, marks, names, times }, toTerms(terms, context));
    return { by: 'score', ranking, after: { score, id }, ...(added === '' ? {} : { added }) };
  });

const fusedPosition = z
  .tuple([z.string(), z.number(), z.number(), flags, z.string(), z.string()], flat)
  .transform(([seen, asOfMs, averageLength, marks, names, times, ...terms], context): SearchPosition => {
    const ranking = toRanking({ asOfMs, averageLength, marks, names, times }, toTerms(terms, context));
    return { by: 'seen', ranking: averageLength === NO_RANKING ? undefined : ranking, asOfMs, seen };
  });

const positionSchema = z.union([keywordPosition, fusedPosition]);

interface FlatRanking {
  readonly asOfMs: number;
  readonly averageLength: number;
  /** See `flags`. */
  readonly marks: number;
  /** Separated by spaces. */
  readonly names: string;
  /** `from/to`, separated by spaces, in milliseconds. */
  readonly times: string;
}

function toRanking({ marks, names, times, ...rest }: FlatRanking, terms: WeightedTerm[]): Ranking {
  const ranges = times.split(' ').map((time) => time.split('/').map(Number));
  return {
    ...rest,
    terms,
    isGuess: (marks & 1) !== 0,
    ...((marks & 2) === 0 ? {} : { isDated: true }),
    ...(names === '' ? {} : { names: names.split(' ') }),
    ...(times === '' ? {} : { times: ranges.map(([fromMs = 0, toMs = 0]) => ({ fromMs, toMs })) }),
  };
}

/** Terms and their weights come one after the other: shorter than any object. */
function toTerms(parts: readonly (string | number)[], context: z.core.$RefinementCtx): WeightedTerm[] {
  const terms: WeightedTerm[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const [term, weight] = [parts[index], parts[index + 1]];
    if (typeof term === 'string' && typeof weight === 'number') terms.push({ term, weight });
    else context.addIssue('holds no ranking');
  }
  return terms;
}

export function encodeSearchCursor(workspaceId: WorkspaceId, listing: Listing, position: SearchPosition): string {
  const { ranking } = position;
  const terms = ranking?.terms.flatMap(({ term, weight }) => [term, weight]) ?? [];
  const marks = (ranking?.isGuess === true ? 1 : 0) + (ranking?.isDated === true ? 2 : 0);
  const names = ranking?.names?.join(' ') ?? '';
  const times = ranking?.times?.map(({ fromMs, toMs }) => `${fromMs}/${toMs}`).join(' ') ?? '';
  const parts =
    position.by === 'score'
      ? [
          position.after.score,
          position.after.id,
          position.added ?? '',
          position.ranking.asOfMs,
          position.ranking.averageLength,
          marks,
          names,
          times,
          ...terms,
        ]
      : [position.seen, position.asOfMs, ranking?.averageLength ?? NO_RANKING, marks, names, times, ...terms];
  return encodeCursor(listOf(workspaceId, listing), parts);
}

/** @throws DomainError `invalid-cursor` for one of another workspace, project or search, and for one that was altered */
export function decodeSearchCursor(workspaceId: WorkspaceId, listing: Listing, cursor: string): SearchPosition {
  return decodeCursor(listOf(workspaceId, listing), cursor, positionSchema);
}

/** Everything that decides which hits there are and how they are ordered; not how many make a page. */
function listOf(
  workspaceId: WorkspaceId,
  { project, query, mode, rerank, weak = true, current = false, asOf, filters }: Listing,
): readonly unknown[] {
  const tags = filters.tags === undefined ? null : [...filters.tags].sort();
  return [
    'search',
    workspaceId,
    project,
    query,
    mode ?? null,
    rerank,
    weak,
    filters.priority ?? null,
    tags,
    filters.sessionId ?? null,
    filters.since?.getTime() ?? null,
    filters.minScore ?? null,
    filters.kinds ?? null,
    filters.settled ?? null,
    current,
    asOf?.getTime() ?? null,
  ];
}
