export { type Conversation } from './conversation.js';
export { conversationTag } from './conversation.cache.js';
export { ConversationApiModule, ConversationModule } from './conversation.module.js';
export { type Message, type MessageContent, textOf as textOfMessage } from './message.js';
export { type MessageObserver, MessageObservers } from './message-observers.js';
