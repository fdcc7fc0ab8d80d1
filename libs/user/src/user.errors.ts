import { DomainError, InvalidInputError } from '#kernel';
import { MAX_PROFILE_BYTES } from './user.js';

export function profileTooLarge(part: 'profile' | 'preferences'): DomainError {
  return new InvalidInputError(`/${part}`, `must be at most ${MAX_PROFILE_BYTES} bytes of JSON when merged`);
}

export function preferencesUnfit(fault: { readonly pointer: string; readonly detail: string }): DomainError {
  const detail = `${fault.detail} (the schema of the workspace, GET /v1/settings)`;
  return new InvalidInputError(`/preferences${fault.pointer}`, detail, { code: 'preferences-unfit' });
}

export function erasureNotFound(): DomainError {
  return new DomainError({
    code: 'user-erasure-not-found',
    kind: 'not-found',
    detail: 'No erasure of this user was asked for. Erase a user with DELETE /v1/users/{user}.',
  });
}
