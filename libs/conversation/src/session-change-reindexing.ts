import { Injectable } from '@nestjs/common';
import type { Conversation } from './conversation.js';
import { MessageObservers } from './message-observers.js';
import { PostgresMessageRepository } from './messages/postgres-message.repository.js';

const MESSAGES_AT_ONCE = 100;

/** What follows from another session of a conversation: its messages are found by that one. */
@Injectable()
export class SessionChangeReindexing {
  constructor(
    private readonly messages: PostgresMessageRepository,
    private readonly observers: MessageObservers,
  ) {}

  /** In the transaction of the change; takes as long as the conversation has messages. Memory holds some of them. */
  async reindex(conversation: Conversation): Promise<void> {
    const { workspaceId, id } = conversation;
    for (let after = 0; ;) {
      const messages = await this.messages.list(workspaceId, id, { after, direction: 'newer' }, MESSAGES_AT_ONCE);
      const last = messages.at(-1);
      if (last === undefined) return;
      await this.observers.written([{ conversation, messages }]);
      after = last.seq;
    }
  }
}
