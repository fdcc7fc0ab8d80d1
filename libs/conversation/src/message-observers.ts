import { Injectable } from '@nestjs/common';
import { Registry } from '#kernel';
import type { Conversation } from './conversation.js';
import type { Message } from './message.js';

/**
 * What other features do with messages: make them findable. Called in the transaction of the write, with the conversation
 * locked: nothing but SQL may be awaited, and a rejection takes everything back.
 */
interface MessageObserver {
  /** New messages, or edited ones in the place of what they were. */
  onWritten(conversation: Conversation, messages: readonly Message[]): Promise<void>;
  /** These messages are gone; absent: all of the conversation. */
  onRemoved(conversation: Conversation, ids: readonly Message['id'][] | undefined): Promise<void>;
  /** It was archived, or restored. */
  onArchived(conversation: Conversation): Promise<void>;
}

@Injectable()
export class MessageObservers extends Registry<MessageObserver> {
  async written(conversation: Conversation, messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    for (const observer of this.registered) await observer.onWritten(conversation, messages);
  }

  async removed(conversation: Conversation, ids?: readonly Message['id'][]): Promise<void> {
    for (const observer of this.registered) await observer.onRemoved(conversation, ids);
  }

  async archived(conversation: Conversation): Promise<void> {
    for (const observer of this.registered) await observer.onArchived(conversation);
  }
}
