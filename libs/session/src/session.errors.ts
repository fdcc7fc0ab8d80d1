import { DomainError, type ErrorIssue, NotFoundError } from '#kernel';
import type { SessionState } from './session.js';

/** Where in the request the session was named, for calls that don't name it in their path. */
export type SessionPointer = Pick<ErrorIssue, 'pointer' | 'in'>;

/** Unknown here, whether or not another workspace has it. */
export function sessionNotFound(id: string, named?: SessionPointer): DomainError {
  const error = new NotFoundError('Session', id);
  if (named === undefined) return error;
  return new DomainError({
    code: error.code,
    kind: error.kind,
    detail: error.detail,
    issues: [{ ...named, detail: 'names no session of this workspace' }],
  });
}

export function sessionClosed(
  id: string,
  state: Extract<SessionState, 'ended' | 'expired'>,
  named?: SessionPointer,
): DomainError {
  return new DomainError({
    code: `session-${state}`,
    kind: 'conflict',
    detail: `Session ${id} has ${state} and takes nothing more. Start a new one with POST /v1/sessions.`,
    issues: named === undefined ? [] : [{ ...named, detail: `names a session that has ${state}` }],
  });
}

export function cannotResolve(index: number, detail: string): DomainError {
  const code = 'entry-not-resolvable';
  return new DomainError({
    code,
    kind: 'invalid',
    detail: `/resolves/${index} ${detail}.`,
    issues: [{ pointer: `/resolves/${index}`, detail }],
  });
}
