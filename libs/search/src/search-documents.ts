import type { ProjectId, WorkspaceId } from '#kernel';
import type { SearchDocument } from './search.js';

/** Which projects documents belong to. */
export function projectsOf(documents: readonly SearchDocument[]): Map<WorkspaceId, Set<ProjectId>> {
  const projects = new Map<WorkspaceId, Set<ProjectId>>();
  for (const { workspaceId, projectId } of documents) {
    const known = projects.get(workspaceId) ?? new Set();
    projects.set(workspaceId, known.add(projectId));
  }
  return projects;
}
