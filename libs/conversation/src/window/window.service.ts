import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import type { ConversationId, WorkspaceId } from '#kernel';
import { conversationWindows } from '../conversation.cache.js';
import { conversationNotFound } from '../conversation.errors.js';
import { UnhelpfulAnswers } from '../messages/unhelpful-answers.js';
import { DEFAULT_WINDOW_MESSAGES, MAX_WINDOW_MESSAGES, sliceWindow, type Window } from './window.js';
import { WindowLoader } from './window-loader.js';

/** What a model should see of a conversation: its newest messages that fit. */
@Injectable()
export class WindowService {
  constructor(
    private readonly cache: CacheService,
    private readonly loader: WindowLoader,
    private readonly unhelpful: UnhelpfulAnswers,
  ) {}

  /**
   * A slice of the one window that is kept of the conversation: see `sliceWindow`. The database is asked where nothing is
   * kept, or where more is wanted than is kept, for its messages are long.
   * @throws DomainError `conversation-not-found`
   */
  async read(
    workspaceId: WorkspaceId,
    id: ConversationId,
    given: { readonly maxMessages?: number | undefined; readonly maxTokens?: number | undefined },
    keepsUnhelpful: boolean,
  ): Promise<Window> {
    const usual = given.maxTokens === undefined ? DEFAULT_WINDOW_MESSAGES : MAX_WINDOW_MESSAGES;
    const limits = { ...given, maxMessages: given.maxMessages ?? usual };
    const key = { workspace: workspaceId, id };
    const kept = await this.cache.getOrSet(conversationWindows, key, () => this.loader.loadKept(workspaceId, id));
    if (kept?.conversation.workspaceId !== workspaceId) throw conversationNotFound(id);
    const isUnhelpful = keepsUnhelpful ? undefined : this.unhelpful.test;
    const slice = sliceWindow(kept, limits, isUnhelpful);
    const isFull = kept.messages.length >= MAX_WINDOW_MESSAGES;
    if (!slice.isShort || isFull || kept.messages.length >= limits.maxMessages) return slice;
    const long = await this.loader.loadLong(workspaceId, id);
    if (long === undefined) throw conversationNotFound(id);
    return sliceWindow(long, limits, isUnhelpful);
  }
}
