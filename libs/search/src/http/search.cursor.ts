import { z } from 'zod';
import { decodeCursor, encodeCursor } from '#http';
import type { WorkspaceId } from '#kernel';
import type { SearchPosition, SearchRequest } from '../search.js';

type Listing = Omit<SearchRequest, 'after' | 'limit'>;

const positionSchema = z
  .tuple([z.number(), z.uuid(), z.number(), z.number()], z.union([z.string(), z.number()]))
  .transform(([score, id, asOfMs, averageLength, ...flat], context): SearchPosition => {
    const terms: { term: string; weight: number }[] = [];
    for (let index = 0; index < flat.length; index += 2) {
      const [term, weight] = [flat[index], flat[index + 1]];
      if (typeof term !== 'string' || typeof weight !== 'number') {
        context.addIssue('holds no ranking');
        return z.NEVER;
      }
      terms.push({ term, weight });
    }
    return { ranking: { terms, averageLength, asOfMs }, after: { score, id } };
  });

export function encodeSearchCursor(
  workspaceId: WorkspaceId,
  listing: Listing,
  { ranking, after }: SearchPosition,
): string {
  const terms = ranking.terms.flatMap(({ term, weight }) => [term, weight]);
  return encodeCursor(listOf(workspaceId, listing), [
    after.score,
    after.id,
    ranking.asOfMs,
    ranking.averageLength,
    ...terms,
  ]);
}

/** @throws DomainError `invalid-cursor` for one of another workspace, project or search, and for one that was altered */
export function decodeSearchCursor(workspaceId: WorkspaceId, listing: Listing, cursor: string): SearchPosition {
  return decodeCursor(listOf(workspaceId, listing), cursor, positionSchema);
}

/** Everything that decides which hits there are and how they are ordered; not how many make a page. */
function listOf(
  workspaceId: WorkspaceId,
  { project, query, mode, rerank, live = false, filters }: Listing,
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
    filters.priority ?? null,
    tags,
    filters.sessionId ?? null,
    filters.since?.getTime() ?? null,
    filters.minScore ?? null,
  ];
}
