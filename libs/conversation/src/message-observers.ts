import { Injectable } from '@nestjs/common';
import { type MessageId, Registry } from '#kernel';
import type { Conversation } from './conversation.js';
import type { Message } from './message.js';

/** Messages of a conversation. */
export interface WrittenMessages {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
}

/**
 * What other features do with messages: make them findable. Called in the transaction of the write, with the conversation
 * locked: nothing but SQL may be awaited, and a rejection takes everything back.
 */
export interface MessageObserver {
  /** New messages, or edited ones in the place of what they were: of one workspace, each conversation once. */
  onWritten(written: readonly WrittenMessages[]): Promise<void>;
  onRemoved(conversation: Conversation, ids: readonly MessageId[]): Promise<void>;
  /** It was archived, or restored. @param ids of all its messages */
  onArchived(conversation: Conversation, ids: readonly MessageId[]): Promise<void>;
}

@Injectable()
export class MessageObservers extends Registry<MessageObserver> {
  async written(written: readonly WrittenMessages[]): Promise<void> {
    if (written.every(({ messages }) => messages.length === 0)) return;
    for (const observer of this.registered) await observer.onWritten(written);
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
