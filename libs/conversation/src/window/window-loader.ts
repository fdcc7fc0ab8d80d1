import { Injectable } from '@nestjs/common';
import type { ConversationId, WorkspaceId } from '#kernel';
import { PostgresConversationRepository } from '../conversations/postgres-conversation.repository.js';
import { PostgresMessageRepository } from '../messages/postgres-message.repository.js';
import type { Message } from '../message.js';
import { answersIn, besidesResults } from '../tool-links.js';
import { TokenCounter } from './token-counter.js';
import { type CountedMessage, MAX_WINDOW_MESSAGES, type StoredWindow } from './window.js';

/** Of content that is kept for the windows of a conversation: about 130,000 tokens. */
const KEPT_BYTES = 512 * 1024;
/** Of content that a window may hold, however many tokens were asked for. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Reads from the database what windows are slices of. */
@Injectable()
export class WindowLoader {
  constructor(
    private readonly conversations: PostgresConversationRepository,
    private readonly messages: PostgresMessageRepository,
    private readonly tokens: TokenCounter,
  ) {}

  /** What is kept for all windows of it; undefined where there is no such conversation. */
  loadKept(workspaceId: WorkspaceId, id: ConversationId): Promise<StoredWindow | undefined> {
    return this.load(workspaceId, id, KEPT_BYTES);
  }

  /** As much as any window may hold, where its messages are too long to be kept. */
  loadLong(workspaceId: WorkspaceId, id: ConversationId): Promise<StoredWindow | undefined> {
    return this.load(workspaceId, id, MOST_BYTES);
  }

  private async load(workspaceId: WorkspaceId, id: ConversationId, bytes: number): Promise<StoredWindow | undefined> {
    const conversation = await this.conversations.find(workspaceId, id);
    if (conversation === undefined) return undefined;
    const newest = await this.messages.listNewest(workspaceId, id, MAX_WINDOW_MESSAGES, bytes);
    const [first] = newest;
    const isWhole = first === undefined || !(await this.hasEarlier(first));
    return {
      conversation,
      messages: await this.count(newest),
      isWhole,
      earlierCalls: isWhole ? [] : await this.findEarlierCalls(newest),
    };
  }

  private async count(newest: readonly Message[]): Promise<readonly CountedMessage[]> {
    const mixed = newest.flatMap((message) => {
      const content = besidesResults(message.content);
      return content === undefined ? [] : [{ ...message, content, revision: `${message.revision}/without` }];
    });
    const counts = await this.tokens.countAll([...newest, ...mixed]);
    const without = new Map(mixed.map(({ id }, place) => [id, counts[newest.length + place]]));
    return newest.map((message, place) => {
      const tokensWithoutResults = without.get(message.id);
      const tokens = counts[place] ?? 0;
      return tokensWithoutResults === undefined ? { ...message, tokens } : { ...message, tokens, tokensWithoutResults };
    });
  }

  private hasEarlier({ workspaceId, conversationId, seq }: Message): Promise<boolean> {
    if (seq === 1) return Promise.resolve(false);
    return this.messages.hasAny(workspaceId, conversationId, { before: seq });
  }

  private async findEarlierCalls(newest: readonly Message[]): Promise<readonly string[]> {
    const [first] = newest;
    const made = new Set<string>();
    const missing = new Set<string>();
    for (const message of newest) {
      for (const call of message.calls) made.add(call);
      for (const call of answersIn(message) ?? []) if (call !== '' && !made.has(call)) missing.add(call);
    }
    if (first === undefined || missing.size === 0) return [];
    return this.messages.findCalls(first.workspaceId, first.conversationId, first.seq, [...missing]);
  }
}
