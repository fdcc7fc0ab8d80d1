import { Injectable } from '@nestjs/common';
import { CacheService, type Tag } from '#cache';
import { projectCountersTag } from '#project';
import type { Conversation } from './conversation.js';
import { anyConversationTag, conversationsTag, conversationTag, conversationWindows } from './conversation.cache.js';
import { WindowLoader } from './window/window-loader.js';

type Named = Pick<Conversation, 'workspaceId' | 'id' | 'project'>;

/** Drops what is cached of conversations with the writes that change it: call it in their transaction. */
@Injectable()
export class ConversationChanges {
  constructor(
    private readonly cache: CacheService,
    private readonly loader: WindowLoader,
  ) {}

  /** What lists say of the conversation changed. The next reader finds its window written through. */
  written(conversation: Named): Promise<void> {
    return this.fire(conversation, tagsOf(conversation));
  }

  /** Messages that are there changed. As `written`. */
  edited(conversation: Named): Promise<void> {
    return this.fire(conversation, [conversationTag({ workspace: conversation.workspaceId, id: conversation.id })]);
  }

  /** The project has another one. */
  async created(conversation: Named): Promise<void> {
    await this.written(conversation);
    await this.counted(conversation);
  }

  /** Nobody finds it again: what is loaded late is not brought back. */
  async deleted(conversation: Named): Promise<void> {
    await this.cache.invalidate(tagsOf(conversation));
    await this.counted(conversation);
  }

  private fire({ workspaceId, id }: Named, tags: readonly Tag[]): Promise<void> {
    const load = () => this.loader.loadKept(workspaceId, id);
    return this.cache.invalidate(tags, this.cache.refill(conversationWindows, { workspace: workspaceId, id }, load));
  }

  private counted({ workspaceId, project }: Named): Promise<void> {
    return this.cache.invalidate([projectCountersTag({ workspace: workspaceId, project })]);
  }
}

function tagsOf({ workspaceId: workspace, id, project }: Named) {
  return [
    conversationTag({ workspace, id }),
    conversationsTag({ workspace, project }),
    anyConversationTag({ workspace }),
  ];
}
