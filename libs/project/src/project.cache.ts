import { defineFamily, defineTag, hashOf, type Tag, type TagOwner } from '#cache';
import type { Project } from './project.js';

export interface ProjectKey {
  readonly workspace: string;
  /** Slug: the name by which every call, and so every cached answer, knows a project. */
  readonly project: string;
}

/** Fired when the project of this slug is made or deleted. */
export const projectTag = defineTag('project', ({ project }: ProjectKey) => project);

/** Fired when any project of the workspace is made or deleted. */
export const projectListTag = defineTag<TagOwner>('projects', () => []);

/** Fired by every write that changes how much the project holds of something. */
export const projectCountersTag = defineTag('project-contents', ({ project }: ProjectKey) => project);

/**
 * Fired when something of the workspace is deleted for good: a project with all that hangs on it, purged contexts.
 * Everything cached of a workspace's memory names it, so that a deletion needs to know nobody's keys.
 */
export const workspaceDeletionTag = defineTag<TagOwner>('removals', () => []);

/** Projects by slug; null: nothing was ever written to it. */
export const projects = defineFamily<ProjectKey, Project | null>({
  name: 'project',
  schemaVersion: 1,
  scope: 'project',
  mutable: true,
  key: () => 'by-slug',
  tags: (of) => [projectTag(of), workspaceDeletionTag(of)],
  ttlMs: 3_600_000,
});

/** What a list, an overview or a count is the answer to. */
export interface QueryKey {
  readonly workspace: string;
  /** Unique in the product: `contexts`, `project-survey`. */
  readonly statement: string;
  readonly parameters: unknown;
  /** What the answer is made of, besides that nothing of it was deleted. */
  readonly tags: readonly Tag[];
}

/** Lists, overviews and counts. They live for CACHE_DEFAULT_TTL. */
export const queries = defineFamily<QueryKey, unknown>({
  name: 'query',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: true,
  key: ({ statement, parameters }) => [statement, hashOf(parameters)],
  tags: (of) => [workspaceDeletionTag(of), ...of.tags],
});
