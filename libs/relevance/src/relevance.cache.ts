import { defineFamily, defineTag, hashOf, workspaceDeletionTag } from '#cache';
import { contextsTag, embeddingsTag } from '#context';
import type { ProjectKey } from '#project';
import type { RankedMemory } from './ranking/ranked-memory.js';
import type { RelevanceConfig } from '#config';

interface RankingKey extends ProjectKey {
  readonly user: string;
  /** A text, or the id of a context whose text it is. */
  readonly situation: { readonly text?: string | undefined; readonly context?: string | undefined };
  /** Those of this process: another may have others. */
  readonly constants: RelevanceConfig;
}

/** Fired by every feedback on a context of the project, and where feedback of it is erased. */
export const feedbackTag = defineTag('feedback', ({ project }: ProjectKey) => project);

/**
 * Rankings for a user and a situation. They fall with every write to contexts of the project and all feedback on them. How often
 * contexts are read moves by itself, and so does the time: both are seen as late as an entry lives.
 */
export const rankings = defineFamily<RankingKey, RankedMemory>({
  name: 'relevance',
  schemaVersion: 1,
  scope: 'project',
  mutable: true,
  key: ({ user, situation, constants }) => [user, hashOf({ situation, constants })],
  tags: (of) => [feedbackTag(of), contextsTag(of), embeddingsTag(of), workspaceDeletionTag(of)],
  ttlMs: 900_000,
  // As long as the search of a situation may take that waits for a provider.
  loadTimeoutMs: 15_000,
  isCacheable: ({ degraded }) => !degraded,
  ttlOf: ({ lifeMs }) => lifeMs ?? Number.POSITIVE_INFINITY,
});
