export { type Conversation } from './conversation.js';
export { conversationTag } from './conversation.cache.js';
export { ConversationApiModule, ConversationModule } from './conversation.module.js';
export {
  clientName as clientNameField,
  conversationTitle as conversationTitleField,
} from './conversations/conversation.dto.js';
export { MAX_CONTENT_BYTES, messageContent as messageContentField, MOST_PARTS } from './messages/message.dto.js';
export {
  contentBytes,
  hashOfGiven,
  type Message,
  type MessageContent,
  type MessagePart,
  messageRoles,
  textOf as textOfMessage,
  textsAt as textsOfMessageAt,
} from './message.js';
export { ConversationService } from './conversations/conversation.service.js';
export { MessageService } from './messages/message.service.js';
export { type MessageObserver, MessageObservers, type WrittenMessages } from './message-observers.js';
export type { ConversationCopy, ConversationImport, MessageCopy } from './transfer/conversation-import.js';
export { ConversationTransferService } from './transfer/conversation-transfer.service.js';
