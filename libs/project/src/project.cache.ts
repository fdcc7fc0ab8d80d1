import { defineFamily, defineTag, type TagOwner, workspaceDeletionTag } from '#cache';
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

/** Fired when a text is rejected in the project, or a tombstone lifted. */
export const tombstonesTag = defineTag('tombstones', ({ project }: ProjectKey) => project);

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
