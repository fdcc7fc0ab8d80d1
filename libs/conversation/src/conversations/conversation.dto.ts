import { z } from 'zod';
import { entityId, pageOf, pageQuery, textField } from '#http';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { metadataBody } from '#session';
import { type Conversation, conversationStates, stateOf } from '../conversation.js';

/** Names that clients give: of users, and of their own conversations and messages. In UTF-16 units. */
export const clientName = () =>
  textField(200).refine((text) => !/\p{Cc}/u.test(text), 'must not hold control characters');

export const conversationTitle = textField(300);

export const createBody = z
  .strictObject({
    project: projectSlug.default(DEFAULT_PROJECT),
    externalId: clientName()
      .nullish()
      .meta({ description: 'How you know it: the same one again in a project gives the conversation that is there.' }),
    user: clientName().nullish().meta({ description: 'Whose conversation it is.' }),
    sessionId: entityId('must be the id of a session').nullish(),
    title: conversationTitle.nullish(),
    metadata: metadataBody.default({}),
  })
  .prefault({});

export const patchBody = z.strictObject({
  user: clientName().nullish(),
  sessionId: entityId('must be the id of a session').nullish(),
  title: conversationTitle.nullish(),
  metadata: metadataBody
    .nullish()
    .meta({ description: 'A JSON merge patch (RFC 7396): null removes a key. Null for all of it clears it.' }),
});

/** Of calls that say all in their path: nothing, or `{}`. */
export const emptyBody = z.strictObject({}).default({});
export const noQuery = z.strictObject({});
export const conversationParams = z.strictObject({ id: entityId() });

export const conversationsQuery = z.strictObject({
  ...pageQuery,
  project: projectSlug.optional(),
  user: clientName().optional(),
  session: entityId('must be the id of a session').optional(),
  state: z.enum(conversationStates).optional(),
});

export const conversationResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    externalId: z.string().nullable(),
    user: z.string().nullable(),
    sessionId: z.uuid().nullable(),
    title: z.string().nullable(),
    metadata: z.record(z.string(), z.json()),
    state: z.enum(conversationStates).meta({ description: 'An archived one can be read, and takes no messages.' }),
    messageCount: z.int(),
    lastSeq: z.int().meta({ description: 'The greatest sequence number that was given out; 0 where none was.' }),
    createdAt: z.iso.datetime(),
    lastMessageAt: z.iso.datetime().nullable(),
    archivedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Conversation' });
export const conversationsResponse = pageOf(conversationResponse);

/** Of what was deleted. */
export const removedResponse = z.object({
  removed: z.object({ conversations: z.int().optional(), messages: z.int() }),
});

export type ConversationResponse = z.infer<typeof conversationResponse>;

export function toConversationResponse(conversation: Conversation): ConversationResponse {
  return {
    id: conversation.id,
    project: conversation.project,
    externalId: conversation.externalId,
    user: conversation.userId,
    sessionId: conversation.sessionId,
    title: conversation.title,
    metadata: conversation.metadata as ConversationResponse['metadata'],
    state: stateOf(conversation),
    messageCount: conversation.messageCount,
    lastSeq: conversation.lastSeq,
    createdAt: conversation.createdAt.toISOString(),
    lastMessageAt: conversation.lastMessageAt?.toISOString() ?? null,
    archivedAt: conversation.archivedAt?.toISOString() ?? null,
  };
}
