import { z } from 'zod';
import { decodeCursor, encodeCursor } from '#http';
import type { WorkspaceId } from '#kernel';
import type { SearchPosition, SearchRequest, WeightedTerm } from '../search.js';

type Listing = Omit<SearchRequest, 'after' | 'limit'>;

/** Stands where there is no ranking: an average length is never below 0. */
const NO_RANKING = -1;

const guess = z.union([z.literal(0), z.literal(1)]);
const flat = z.union([z.string(), z.number()]);

const keywordPosition = z
  .tuple([z.number(), z.uuid(), z.number(), z.number(), guess], flat)
  .transform(([score, id, asOfMs, averageLength, isGuess, ...terms], context): SearchPosition => {
    const ranking = { terms: toTerms(terms, context), averageLength, asOfMs, isGuess: isGuess === 1 };
    return { by: 'score', ranking, after: { score, id } };
  });

const fusedPosition = z
  .tuple([z.string(), z.number(), z.number(), guess], flat)
  .transform(([seen, asOfMs, averageLength, isGuess, ...terms], context): SearchPosition => {
    const ranking = { terms: toTerms(terms, context), averageLength, asOfMs, isGuess: isGuess === 1 };
    return { by: 'seen', ranking: averageLength === NO_RANKING ? undefined : ranking, asOfMs, seen };
  });

const positionSchema = z.union([keywordPosition, fusedPosition]);

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
  const isGuess = ranking?.isGuess === true ? 1 : 0;
  const parts =
    position.by === 'score'
      ? [
          position.after.score,
          position.after.id,
          position.ranking.asOfMs,
          position.ranking.averageLength,
          isGuess,
          ...terms,
        ]
      : [position.seen, position.asOfMs, ranking?.averageLength ?? NO_RANKING, isGuess, ...terms];
  return encodeCursor(listOf(workspaceId, listing), parts);
}

/** @throws DomainError `invalid-cursor` for one of another workspace, project or search, and for one that was altered */
export function decodeSearchCursor(workspaceId: WorkspaceId, listing: Listing, cursor: string): SearchPosition {
  return decodeCursor(listOf(workspaceId, listing), cursor, positionSchema);
}

/** Everything that decides which hits there are and how they are ordered; not how many make a page. */
function listOf(
  workspaceId: WorkspaceId,
  { project, query, mode, rerank, live = false, weak = true, filters }: Listing,
): readonly unknown[] {
  const tags = filters.tags === undefined ? null : [...filters.tags].sort();
  return [
    'search',
    workspaceId,
    project,
    query,
    mode ?? null,
    rerank,
    live,
    weak,
    filters.priority ?? null,
    tags,
    filters.sessionId ?? null,
    filters.since?.getTime() ?? null,
    filters.minScore ?? null,
    filters.kinds ?? null,
    filters.settled ?? null,
  ];
}
