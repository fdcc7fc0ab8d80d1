import { DomainError, NotFoundError } from '#kernel';

export function contextNotFound(id: string): DomainError {
  return new NotFoundError('Context', id);
}

export function labelNotFound(label: string, version?: number): DomainError {
  const which = version === undefined ? 'no context that is not archived' : `no version ${version}`;
  return new DomainError({
    code: 'context-not-found',
    kind: 'not-found',
    detail: `There is ${which} under the label ${JSON.stringify(label)}.`,
  });
}

export function archiveNeedsForce(): DomainError {
  const detail = 'must be true to archive a context of priority always_check';
  return new DomainError({
    code: 'always-check-protected',
    kind: 'conflict',
    detail: 'A context of priority always_check is archived only with force: true.',
    issues: [{ pointer: '/force', detail }],
  });
}

export function conflictNotFound(id: string): DomainError {
  return new NotFoundError('Conflict', id);
}

/** Somebody has decided otherwise already. */
export function conflictResolved(disposition: string): DomainError {
  return new DomainError({
    code: 'conflict-resolved',
    kind: 'conflict',
    detail: `The conflict was resolved already: ${disposition}.`,
  });
}

/** What would stand for a context is itself superseded by it. */
export function circularSuccession(): DomainError {
  return new DomainError({
    code: 'circular-succession',
    kind: 'conflict',
    detail: 'The context that would stay is itself superseded by the other one, through others.',
  });
}

/** The project was deleted between the start of a write and its end. */
export function projectGone(): DomainError {
  return new DomainError({
    code: 'concurrent-change',
    kind: 'conflict',
    detail: 'The project was deleted meanwhile. Send the request again.',
    retryAfterSeconds: 1,
  });
}
