import { DomainError, NotFoundError } from '#kernel';

/** Unknown here, whether or not another workspace has it. */
export function conversationNotFound(id: string): DomainError {
  return new NotFoundError('Conversation', id);
}

export function messageNotFound(id: string): DomainError {
  return new NotFoundError('Message', id);
}

export function conversationArchived(id: string): DomainError {
  return new DomainError({
    code: 'conversation-archived',
    kind: 'conflict',
    detail: `Conversation ${id} is archived and takes no messages. Restore it with POST /v1/conversations/${id}/restore.`,
  });
}

/** @param index of the message in the request */
export function clientIdTaken(index: number): DomainError {
  const detail = 'names a message of this conversation with another text';
  return new DomainError({
    code: 'message-client-id-taken',
    kind: 'conflict',
    detail: `/messages/${index}/clientId ${detail}. Nothing was stored. Give a new message an id of its own.`,
    issues: [{ pointer: `/messages/${index}/clientId`, detail }],
  });
}
