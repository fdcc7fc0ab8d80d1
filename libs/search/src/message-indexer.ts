import { Injectable } from '@nestjs/common';
import {
  type Conversation,
  type Message,
  type MessageObserver,
  MessageObservers,
  textOfMessage,
  type WrittenMessages,
} from '#conversation';
import type { SearchDocument } from './search.js';
import { SearchIndexService } from './search-index.service.js';

/** Makes messages findable in the transaction that appends or edits them, and takes them out in the one that deletes them. */
@Injectable()
export class MessageIndexer implements MessageObserver {
  constructor(
    private readonly index: SearchIndexService,
    observers: MessageObservers,
  ) {
    observers.register(this);
  }

  async onWritten(written: readonly WrittenMessages[]): Promise<void> {
    const documents = written.flatMap(({ conversation, messages }) =>
      messages.map((message) => toDocument(conversation, message)),
    );
    await this.index.index(documents.filter(({ text }) => text.trim() !== ''));
    const silent = documents.filter(({ text }) => text.trim() === '');
    const [first] = silent;
    if (first === undefined) return;
    await this.index.remove(
      first.workspaceId,
      silent.map(({ id }) => id),
    );
  }

  onRemoved({ workspaceId }: Conversation, ids: readonly Message['id'][]): Promise<void> {
    return this.index.remove(workspaceId, ids);
  }

  onArchived({ workspaceId, projectId }: Conversation, ids: readonly Message['id'][]): Promise<void> {
    return this.index.noteChanged(
      workspaceId,
      ids.map((id) => ({ id, projectId, kind: 'message' })),
    );
  }
}

function toDocument({ sessionId }: Conversation, message: Message): SearchDocument {
  const { workspaceId, projectId, id, content, createdAt, conversationId, seq, role, name } = message;
  return {
    workspaceId,
    projectId,
    id,
    kind: 'message',
    text: textOfMessage(content),
    tags: [],
    sessionId: sessionId ?? undefined,
    createdAt,
    place: { threadId: conversationId, number: seq },
    role,
    // A name that is a role is nobody's.
    author: name === null || name.toLowerCase() === role ? undefined : name,
  };
}
