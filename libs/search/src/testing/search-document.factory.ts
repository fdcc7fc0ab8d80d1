import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import type { SearchDocument, SearchScope } from '../search.js';

export function searchScope(): SearchScope {
  return { workspaceId: newId<WorkspaceId>(), projectId: newId<ProjectId>() };
}

let documentCount = 0;

/** A document of the scope with a label of its own that holds no word, unless set otherwise. */
export function searchDocument(
  scope: SearchScope,
  { text, ...rest }: Partial<SearchDocument> & { readonly text: string },
): SearchDocument {
  const id = rest.id ?? newId();
  return {
    ...scope,
    id,
    kind: 'context',
    label: String(++documentCount),
    version: 1,
    text,
    priority: 'reference',
    tags: [],
    createdAt: new Date(Date.UTC(2030, 0, 1)),
    ...rest,
  };
}
