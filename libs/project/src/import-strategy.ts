import type { Place } from '#database';
import { copyId, newId, type ProjectId, type WorkspaceId } from '#kernel';

/**
 * What an import does with what is there already: `skip` leaves it, `overwrite` puts what the file says in its place,
 * `new_version` adds a context's text behind its newest version and leaves everything that has no versions.
 */
export const conflictStrategies = ['skip', 'overwrite', 'new_version'] as const;
type ConflictStrategy = (typeof conflictStrategies)[number];

/** Where an import goes, and how. */
export interface ImportTarget {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly conflict: ConflictStrategy;
  /** Counts what would be done and writes nothing. The project need not exist then. */
  readonly dryRun: boolean;
}

/** Which thing of the target a thing of a file is. */
export interface Identity<Id extends string> {
  readonly id: Id;
  /** Whether it is in the project already; else it is to be made under that id. */
  readonly exists: boolean;
}

/** What became of things of one kind. */
export class ImportTally {
  created = 0;
  overwritten = 0;
  newVersions = 0;
  skipped = 0;
}

/** Every id under which a thing of a file may be known in the project: its own, then that of its copy. */
export function namesOf<Id extends string>(target: ImportTarget, ids: readonly Id[]): Id[] {
  return ids.flatMap((id) => [id, copyId(id, target.projectId)]);
}

/**
 * Finds the things of a file again, or gives them ids. A thing keeps its id where that is free in the workspace. Where
 * something else of the workspace has it, it is a copy, whose id follows from the project and the original: so the same
 * file brings nothing new the second time, whatever became of the original meanwhile.
 *
 * @param places of `namesOf` these ids, those that are taken in the workspace
 */
export function identify<Id extends string>(
  target: ImportTarget,
  ids: readonly Id[],
  places: ReadonlyMap<Id, Place>,
): Map<Id, Identity<Id>> {
  return new Map(
    ids.map((id): [Id, Identity<Id>] => {
      const names = namesOf(target, [id]);
      const there = names.findLast((name) => places.get(name) === 'here');
      if (there !== undefined) return [id, { id: there, exists: true }];
      const free = names.find((name) => !places.has(name));
      return [id, { id: free ?? newId<Id>(), exists: false }];
    }),
  );
}

/**
 * What an import does with things of a file, each under the id that it has in the project. Counts them.
 *
 * @param identities of all of them
 */
export function divide<Id extends string, Copy extends { readonly id: Id }>(
  { conflict }: ImportTarget,
  copies: readonly Copy[],
  identities: ReadonlyMap<Id, Identity<Id>>,
  tally: ImportTally,
): { readonly created: readonly Copy[]; readonly replaced: readonly Copy[] } {
  const created: Copy[] = [];
  const replaced: Copy[] = [];
  for (const copy of copies) {
    const identity = identities.get(copy.id);
    if (identity === undefined) throw new Error('Everything that is brought has an identity.');
    const known = { ...copy, id: identity.id };
    if (!identity.exists) created.push(known);
    else if (conflict === 'overwrite') replaced.push(known);
    else tally.skipped++;
  }
  tally.created += created.length;
  tally.overwritten += replaced.length;
  return { created, replaced };
}
