export { ConversationApiModule } from './conversation.module.js';
