import { DomainError, NotFoundError, type TombstoneId, type WorkspaceId } from '#kernel';

/** The mark that a text was rejected in a project and is not to be stored there again. */
export interface Tombstone {
  readonly workspaceId: WorkspaceId;
  readonly id: TombstoneId;
  /** Why, as whoever made it says; empty where nobody did. */
  readonly reason: string;
  /** Id of a principal; null: unknown. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
}

const REJECTED = 'is a text that was rejected in the project';

/** Pointers that an error names. */
const MOST_NAMED = 100;

/** @param pointers where the texts stand in the request */
export function contextRejected(pointers: readonly string[]): DomainError {
  return new DomainError({
    code: 'context-rejected',
    kind: 'conflict',
    detail: `${pointers.slice(0, 3).join(', ')} ${REJECTED}. Whoever wants it stored lifts its tombstone first.`,
    issues: pointers.slice(0, MOST_NAMED).map((pointer) => ({ pointer, detail: REJECTED })),
  });
}

export function tombstoneNotFound(id: string): DomainError {
  return new NotFoundError('Tombstone', id);
}
