import { defineFamily, defineTag, type Tag, type TagOwner, workspaceDeletionTag } from '#cache';
import type { ProjectKey } from '#project';
import type { ContextId } from '#kernel';
import type { Context, ContextSummary, EmbeddingState } from './context.js';
import type { Extract } from './extract/extract.js';

/** One version by its id, or by its place in the line of a label: the newest one where no version is named. */
export interface ContextKey {
  readonly workspace: string;
  readonly by:
    { readonly id: string } | { readonly project: string; readonly label: string; readonly version?: number };
}

/** Fired by every write to this version, and when it becomes or ceases to be the newest of its label. */
export const contextTag = defineTag('context', ({ id }: { workspace: string; id: string }) => id);

/** Fired by every write to any version of the label. */
export const labelTag = defineTag('label', ({ project, label }: ProjectKey & { label: string }) => [project, label]);

/** Fired by every write to any context of the project. Lists and counts of contexts hang on it, in the `ListCache` of `#cache`. */
export const contextsTag = defineTag('contexts', ({ project }: ProjectKey) => project);

/** Fired when a conflict of the project is found or resolved. */
export const conflictsTag = defineTag('conflicts', ({ project }: ProjectKey) => project);

/** Fired when what is shown of the embedding of any context of the project changes. */
export const embeddingsTag = defineTag('embeddings', ({ project }: ProjectKey) => project);

/** Fired by every write to any context of the workspace: for what is named by an id that does not say its label. */
export const anyContextTag = defineTag<TagOwner>('any-context', () => []);

/** Fired when what an agent of the project must always see changes. */
export const alwaysCheckTag = defineTag('always-check', ({ project }: ProjectKey) => project);

/** Fired when counted reads are written down, some seconds after they happened. */
export const contextUsageTag = defineTag<TagOwner>('context-usage', () => []);

function keyOf({ by }: ContextKey): readonly (string | number)[] {
  return 'id' in by ? ['id', by.id] : ['label', by.project, by.label, by.version ?? 'latest'];
}

/** No tag has a version in it: what a version says of itself, and which one is the newest, changes with others. */
function tagsOf({ workspace, by }: ContextKey): readonly [Tag, ...Tag[]] {
  const own = 'id' in by ? contextTag({ workspace, id: by.id }) : labelTag({ workspace, ...by });
  return [own, workspaceDeletionTag({ workspace })];
}

const common = {
  schemaVersion: 4,
  scope: 'workspace',
  mutable: true,
  key: keyOf,
  tags: tagsOf,
  ttlMs: 3_600_000,
} as const;

/** Versions with their text. What is not there is not remembered. */
export const contexts = defineFamily<ContextKey, Context | undefined>({ name: 'context', ...common });

/** The same without their text, which may be large. */
export const contextSummaries = defineFamily<ContextKey, ContextSummary | undefined>({
  name: 'context-summary',
  ...common,
});

/** Whether a version is embedded; `engine` is what embeds. Who stores its vectors fires the tag. */
export const embeddingStatesFamily = defineFamily<
  { readonly workspace: string; readonly id: ContextId; readonly engine: string },
  EmbeddingState
>({
  name: 'embedding-state',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: true,
  key: ({ id, engine }) => [id, engine],
  tags: (of) => [contextTag(of), workspaceDeletionTag(of)],
  ttlMs: 300_000,
});

/** A text is known by its hash. The workspace is part of the key, so that nobody learns what others have stored. */
interface ExtractKey {
  readonly workspace: string;
  readonly contentHash: string;
  /** `EXTRACT_VERSION` */
  readonly algorithm: number;
}

/** Previews with key concepts: the same text under the same algorithm gives the same ones for ever. */
export const extracts = defineFamily<ExtractKey, Extract>({
  name: 'preview',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: false,
  key: ({ contentHash, algorithm }) => [contentHash, algorithm],
  ttlMs: 24 * 3_600_000,
});
