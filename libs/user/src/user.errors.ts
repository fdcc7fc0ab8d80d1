import { DomainError, InvalidInputError } from '#kernel';
import { MAX_PROFILE_BYTES } from './user.js';

export function profileTooLarge(part: 'profile' | 'preferences'): DomainError {
  return new InvalidInputError(`/${part}`, `must be at most ${MAX_PROFILE_BYTES} bytes of JSON when merged`);
}
