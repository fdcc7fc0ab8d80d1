import { defineFamily, defineTag, type Tag, type TagOwner, workspaceDeletionTag } from '#cache';
import { alwaysCheckTag, type ContextSummary } from '#context';
import type { ProjectKey } from '#project';
import type { Handover } from './handover.js';

interface HandoverKey {
  readonly workspace: string;
  /** One by its id, or the latest of a project, by slug. */
  readonly by: { readonly id: string } | { readonly project: string };
}

/** Fired by every write to this handover. */
export const handoverTag = defineTag('handover', ({ id }: { workspace: string; id: string }) => id);

/** Fired by every write to any handover of the project. */
export const handoversTag = defineTag('handovers', ({ project }: ProjectKey) => project);

/** Fired by every write to any handover of the workspace. */
export const anyHandoverTag = defineTag<TagOwner>('any-handover', () => []);

/** Handovers; null: the project has none yet. An id that is not there is not remembered. */
export const handovers = defineFamily<HandoverKey, Handover | null | undefined>({
  name: 'handover',
  schemaVersion: 3,
  scope: 'workspace',
  mutable: true,
  key: ({ by }) => ('id' in by ? ['id', by.id] : ['latest', by.project]),
  tags: ({ workspace, by }): readonly [Tag, ...Tag[]] => [
    'id' in by ? handoverTag({ workspace, id: by.id }) : handoversTag({ workspace, ...by }),
    workspaceDeletionTag({ workspace }),
  ],
  ttlMs: 3_600_000,
});

/** What every session that starts in a project is shown first. */
export interface WakeUpContent {
  readonly handover: Handover | null;
  /** Of the `always_check` contexts. */
  readonly contexts: readonly ContextSummary[];
  /** When other contexts come first, because some begin or cease to be valid; null: no such moment is known. */
  readonly until: Date | null;
}

export interface WakeUpKey extends ProjectKey {
  readonly nowMs: () => number;
}

export const wakeUps = defineFamily<WakeUpKey, WakeUpContent>({
  name: 'wake-up',
  schemaVersion: 3,
  scope: 'project',
  mutable: true,
  key: () => 'content',
  tags: (of) => [handoversTag(of), alwaysCheckTag(of), workspaceDeletionTag(of)],
  ttlMs: 3_600_000,
  ttlOf: ({ until }, { nowMs }) => (until === null ? Number.POSITIVE_INFINITY : Math.max(1, until.getTime() - nowMs())),
});
