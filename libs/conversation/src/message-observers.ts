import { Injectable } from '@nestjs/common';
import { type MessageId, Registry } from '#kernel';
import type { Conversation } from './conversation.js';
import type { Message } from './message.js';

/**
 * What other features do with messages: make them findable. Called in the transaction of the write, with the conversation
 * locked: nothing but SQL may be awaited, and a rejection takes everything back.
 */
export interface MessageObserver {
  /** New messages, or edited ones in the place of what they were. */
  onWritten(conversation: Conversation, messages: readonly Message[]): Promise<void>;
  onRemoved(conversation: Conversation, ids: readonly MessageId[]): Promise<void>;
  /** It was archived, or restored. @param ids of all its messages */
  onArchived(conversation: Conversation, ids: readonly MessageId[]): Promise<void>;
}

@Injectable()
export class MessageObservers extends Registry<MessageObserver> {
  async written(conversation: Conversation, messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    for (const observer of this.registered) await observer.onWritten(conversation, messages);
  }

  async removed(conversation: Conversation, ids: readonly MessageId[]): Promise<void> {
    if (ids.length === 0) return;
    for (const observer of this.registered) await observer.onRemoved(conversation, ids);
  }

  async archived(conversation: Conversation, ids: readonly MessageId[]): Promise<void> {
    if (ids.length === 0) return;
    for (const observer of this.registered) await observer.onArchived(conversation, ids);
  }
}
