import { Injectable } from '@nestjs/common';
import { type Project, type ProjectContent, ProjectCounters } from '#project';
import { PostgresConversationRepository } from './conversations/postgres-conversation.repository.js';

/** What a project holds of conversations. */
@Injectable()
export class ConversationCounts implements ProjectContent {
  readonly name = 'conversations';

  constructor(
    private readonly conversations: PostgresConversationRepository,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  count({ workspaceId, id }: Project): Promise<number> {
    return this.conversations.count(workspaceId, id);
  }
}
