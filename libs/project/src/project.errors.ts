import { DomainError, InvalidInputError, NotFoundError } from '#kernel';

export function projectNotFound(slug: string): DomainError {
  return new NotFoundError('Project', slug);
}

export function deletionNotConfirmed(slug: string): DomainError {
  return new InvalidInputError('/confirm', `must be ${slug}: everything in the project is deleted for good`, {
    code: 'deletion-not-confirmed',
    in: 'query',
  });
}
