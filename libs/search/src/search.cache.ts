import { defineFamily, defineTag, hashOf, workspaceDeletionTag } from '#cache';
import { type ProjectKey, projectTag } from '#project';
import type { WorkspaceId } from '#kernel';
import type { RememberedSearch } from './remembered-search.js';
import type { SearchAnswer, SearchRequest } from './search.js';

export interface SearchKey {
  readonly workspace: WorkspaceId;
  /** Slug: the id is not known before the database is asked. */
  readonly project: string;
  readonly request: SearchRequest;
  /** What the answer depends on besides the request: the models and the language of this server. */
  readonly engine: readonly (string | undefined)[];
  /** Milliseconds until an answer changes by itself. */
  readonly lifeMs: (answer: SearchAnswer) => number;
}

/** Fired by every write that changes what a search of the project can find, or how it is ordered. */
export const searchTag = defineTag('search', ({ project }: ProjectKey) => project);

/** Whole answers, page by page, until something is written that could change them. */
export const searchFamily = defineFamily<SearchKey, SearchAnswer>({
  name: 'search',
  schemaVersion: 5,
  scope: 'project',
  mutable: true,
  key: ({ request, engine }) => hashOf({ request: canonical(request), engine }),
  tags: ({ workspace, project }) => [searchTag({ workspace, project }), workspaceDeletionTag({ workspace })],
  ttlMs: 600_000,
  // As long as a search may take that waits for a provider.
  loadTimeoutMs: 15_000,
  isCacheable: ({ degraded }) => !degraded,
  ttlOf: (answer, { lifeMs }) => lifeMs(answer),
});

/**
 * What answers are brought up to date from. What changes is merged when it is read, so no write of a piece makes it fall: only
 * a project that goes, with all that is in it. Short: recency is part of the score, and time passes without a write.
 */
export const searchBaseFamily = defineFamily<SearchKey, RememberedSearch | undefined>({
  name: 'search-base',
  schemaVersion: 4,
  scope: 'project',
  mutable: true,
  key: ({ request, engine }) => hashOf({ request: canonical(request), engine }),
  tags: ({ workspace, project }) => [projectTag({ workspace, project }), workspaceDeletionTag({ workspace })],
  ttlMs: 600_000,
});

/** Tags in any order ask for the same. */
function canonical({ filters, ...request }: SearchRequest): SearchRequest {
  const tags = filters.tags === undefined ? undefined : [...new Set(filters.tags)].sort();
  return { ...request, filters: { ...filters, tags } };
}
