import { DomainError, InvalidInputError } from '#kernel';

/** Unknown in this project, whether or not another project or workspace has it. */
export function contextUnknown(id: string, pointer = '/contextId', place?: 'query'): DomainError {
  return new InvalidInputError(pointer, `Context ${id} was not found in this project`, {
    code: 'feedback-context-unknown',
    ...(place === undefined ? {} : { in: place }),
  });
}

export function clientIdTaken(): DomainError {
  const detail = 'is of other feedback of this user';
  return new DomainError({
    code: 'feedback-client-id-taken',
    kind: 'conflict',
    detail: 'The client id is of other feedback of this user in the project. Send what is new under an id of its own.',
    issues: [{ pointer: '/clientId', detail }],
  });
}
