import { describing, MERGE_PATCH } from '../strict-schema.js';
import type { ToolDefinition } from '../tool.js';

export const conversationTools: readonly ToolDefinition[] = [
  {
    name: 'conversation_begin',
    title: 'Begin a conversation',
    description:
      'A place for messages, of a user or a session. The same externalId again gives the conversation that is there.',
    route: 'POST /v1/conversations',
    effect: 'adds',
  },
  {
    name: 'conversation_append',
    title: 'Append messages',
    description:
      'Add messages at the end of a conversation, in their order, all or none. A clientId that is there already is a duplicate, stored once.',
    route: 'POST /v1/conversations/:id/messages',
    effect: 'adds',
  },
  {
    name: 'conversation_window',
    title: 'Read the end of a conversation',
    description:
      'The newest messages that fit, by number and by tokens, oldest first; results of tools come with their calls.',
    route: 'GET /v1/conversations/:id/window',
    effect: 'reads',
    recalls: true,
    readOn:
      'Ask with a smaller maxMessages, read a long message with conversation_message, or earlier ones with conversation_messages.',
  },
  {
    name: 'conversation_messages',
    title: 'Read messages',
    description:
      'Messages of a conversation, oldest first: after, before or around a sequence number, by time, or page by page.',
    route: 'GET /v1/conversations/:id/messages',
    effect: 'reads',
    recalls: true,
    readOn:
      'Ask again with a smaller limit, or read a long message by its id with conversation_message, by offset and length.',
  },
  {
    name: 'conversation_message',
    title: 'Read a message',
    description:
      'One message of a conversation; a long one in parts, by offset and length: of its text, or of the JSON of its content.',
    route: 'GET /v1/conversations/:id/messages/:message',
    effect: 'reads',
    recalls: true,
    pages: 'content',
    pageOf: 'json',
  },
  {
    name: 'conversation_get',
    title: 'Read about a conversation',
    description: 'Title, user, session, metadata and number of messages.',
    route: 'GET /v1/conversations/:id',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'conversation_list',
    title: 'List conversations',
    description: 'Conversations, newest first, of a project, a user or a session, active or archived.',
    route: 'GET /v1/conversations',
    effect: 'reads',
    // A session is of one project.
    fillsProject: ({ session }) => session === undefined,
    recalls: true,
  },
  {
    name: 'conversation_update',
    title: 'Change a conversation',
    description: 'Set title, user, session or metadata.',
    route: 'PATCH /v1/conversations/:id',
    effect: 'changes',
    idempotent: true,
    refine: describing({ metadata: MERGE_PATCH }),
  },
  {
    name: 'conversation_archive',
    title: 'Archive a conversation',
    description: 'It can be read, and takes no more messages until it is restored.',
    route: 'POST /v1/conversations/:id/archive',
    effect: 'changes',
    idempotent: true,
  },
  {
    name: 'conversation_restore',
    title: 'Restore a conversation',
    description: 'Take the archiving of a conversation back.',
    route: 'POST /v1/conversations/:id/restore',
    effect: 'changes',
    idempotent: true,
  },
  {
    name: 'conversation_edit',
    title: 'Edit a message',
    description: 'Put another content or other metadata in the place of what a message holds.',
    route: 'PATCH /v1/conversations/:id/messages/:message',
    effect: 'changes',
    idempotent: true,
    omits: ['/content', '/metadata'],
  },
  {
    name: 'conversation_delete_message',
    title: 'Delete a message',
    description: 'Delete one message for good.',
    route: 'DELETE /v1/conversations/:id/messages/:message',
    effect: 'removes',
  },
  {
    name: 'conversation_clear',
    title: 'Clear a conversation',
    description: 'Delete all messages of a conversation for good; the conversation stays.',
    route: 'DELETE /v1/conversations/:id/messages',
    effect: 'removes',
    idempotent: true,
  },
  {
    name: 'conversation_delete',
    title: 'Delete a conversation',
    description: 'Delete a conversation with its messages for good.',
    route: 'DELETE /v1/conversations/:id',
    effect: 'removes',
  },
];
