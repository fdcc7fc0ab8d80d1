import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { SessionModule } from '#session';
import { ConversationChanges } from './conversation-changes.js';
import { ConversationCounts } from './conversation.registrations.js';
import { ConversationController } from './conversations/conversation.controller.js';
import { ConversationService } from './conversations/conversation.service.js';
import { PostgresConversationRepository } from './conversations/postgres-conversation.repository.js';
import { MessageObservers } from './message-observers.js';
import { MessageController } from './messages/message.controller.js';
import { MessageService } from './messages/message.service.js';
import { PostgresMessageRepository } from './messages/postgres-message.repository.js';
import { UnhelpfulAnswers } from './messages/unhelpful-answers.js';
import { SessionChangeReindexing } from './session-change-reindexing.js';
import { ConversationRows, MessageRows } from './transfer/conversation-rows.js';
import { ConversationTransferService } from './transfer/conversation-transfer.service.js';
import { TokenCounter } from './window/token-counter.js';
import { WindowLoader } from './window/window-loader.js';
import { WindowService } from './window/window.service.js';

/** Conversations and what is said in them. */
@Module({
  imports: [CacheModule, ProjectModule, SessionModule],
  providers: [
    ConversationService,
    MessageService,
    WindowService,
    WindowLoader,
    TokenCounter,
    UnhelpfulAnswers,
    ConversationChanges,
    MessageObservers,
    ConversationCounts,
    SessionChangeReindexing,
    ConversationTransferService,
    ConversationRows,
    MessageRows,
    PostgresConversationRepository,
    PostgresMessageRepository,
  ],
  exports: [
    ConversationService,
    MessageService,
    WindowService,
    UnhelpfulAnswers,
    MessageObservers,
    ConversationTransferService,
  ],
})
export class ConversationModule {}

@Module({ imports: [ConversationModule], controllers: [ConversationController, MessageController] })
export class ConversationApiModule {}
