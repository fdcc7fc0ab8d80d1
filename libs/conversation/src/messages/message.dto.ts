import { z } from 'zod';
import { authorFields, entityId, pageQuery, queryInteger, timeField, toAuthorResponse } from '#http';
import { metadataBody } from '#session';
import { clientName } from '../conversations/conversation.dto.js';
import { type Message, messageRoles } from '../message.js';
import { DEFAULT_WINDOW_MESSAGES, MAX_WINDOW_MESSAGES, type Window } from '../window/window.js';

/** Of one message, as JSON in UTF-8. */
export const MAX_CONTENT_BYTES = 1024 * 1024;
/** Of the content of a message. */
export const MOST_PARTS = 1_000;
const MAX_MESSAGES_AT_ONCE = 1_000;

const part = z
  .looseObject({ type: z.string().min(1).max(100) })
  .refine(({ type, text }) => type !== 'text' || typeof text === 'string', {
    path: ['text'],
    error: 'must be the text of a part of type text',
  })
  .meta({
    description:
      'text {text}, tool_call {id, name, arguments}, tool_result {callId, content}, image or file {url}. Parts of other types are kept as given, but for the order of their fields.',
  });

export const messageContent = z
  .union([z.string(), z.array(part).min(1).max(MOST_PARTS)], {
    error: ({ input }) =>
      Array.isArray(input) && input.length > MOST_PARTS
        ? `must have at most ${MOST_PARTS} parts; it has ${input.length}`
        : 'write a text, or a list of parts with a type',
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_CONTENT_BYTES + 2, {
    error: `must be at most ${MAX_CONTENT_BYTES} bytes of JSON`,
  })
  .meta({ description: 'A text, or parts of it. Kept as given, but for the order of fields in an object.' });

const newMessage = z.strictObject({
  clientId: clientName().nullish().meta({
    description: 'How you know the message: the same one again is answered as a duplicate, and stored once.',
  }),
  role: z.enum(messageRoles),
  name: clientName().nullish(),
  content: messageContent,
  metadata: metadataBody.default({}),
  createdAt: timeField().nullish().meta({ description: 'When it was said, where that was not now.' }),
});

export const appendBody = z.strictObject({ messages: z.array(newMessage).min(1).max(MAX_MESSAGES_AT_ONCE) });

export const editBody = z
  .strictObject({ content: messageContent.optional(), metadata: metadataBody.optional() })
  .refine((edit) => edit.content !== undefined || edit.metadata !== undefined, {
    error: 'must have content or metadata',
  });

export const messageParams = z.strictObject({ id: entityId(), message: entityId() });

const seq = queryInteger(0, 2_147_483_647);

const unhelpful = z.enum(['omit', 'include']).default('omit').meta({
  description: 'What becomes of answers that the configured patterns call unhelpful.',
});

const positions = ['after', 'before', 'around', 'cursor'] as const;

export const messagesQuery = z
  .strictObject({
    ...pageQuery,
    after: seq.optional().meta({ description: 'Messages behind this sequence number; 0: from the first one.' }),
    before: seq.optional().meta({
      description: 'The last messages before this sequence number; with after, the first ones between both.',
    }),
    around: seq.optional().meta({ description: 'Messages on both sides of this sequence number, and itself.' }),
    since: timeField().optional().meta({ description: 'Said then or later.' }),
    until: timeField().optional().meta({ description: 'Said before then.' }),
    unhelpful,
  })
  .superRefine((query, context) => {
    const isBetween = query.after !== undefined && query.before !== undefined;
    const [first, second, third] = positions.filter((position) => query[position] !== undefined);
    if (query.cursor !== undefined && first !== 'cursor')
      context.addIssue({
        code: 'custom',
        path: [first ?? 'cursor'],
        message: 'must not stand with cursor, which goes on in the range that it was given for: send one or the other',
      });
    else if (second !== undefined && !(isBetween && third === undefined))
      context.addIssue({
        code: 'custom',
        path: ['around'],
        message: `must not stand with ${first}; only after and before may stand together`,
      });
    if (query.around !== undefined && (query.since ?? query.until) !== undefined)
      context.addIssue({ code: 'custom', path: ['around'], message: 'must not stand with since or until' });
  });

export const windowQuery = z.strictObject({
  maxMessages: queryInteger(1, MAX_WINDOW_MESSAGES)
    .optional()
    .meta({
      description: `Absent: ${DEFAULT_WINDOW_MESSAGES}, or ${MAX_WINDOW_MESSAGES} where maxTokens limits the window.`,
    }),
  maxTokens: queryInteger(1, 10_000_000)
    .optional()
    .meta({ description: 'Counted by the encoding o200k_base, four for each message besides its text.' }),
  unhelpful,
});

export const appendedResponse = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      clientId: z.string().nullable(),
      seq: z.int(),
      status: z.enum(['stored', 'duplicate']),
    }),
  ),
});

export const messageResponse = z
  .object({
    id: z.uuid(),
    seq: z.int().meta({ description: 'Its place: numbers are given out without gaps, and never again.' }),
    clientId: z.string().nullable(),
    role: z.enum(messageRoles),
    name: z.string().nullable(),
    content: z.union([z.string(), z.array(z.record(z.string(), z.json()))]),
    metadata: z.record(z.string(), z.json()),
    createdAt: z.iso.datetime(),
    editedAt: z.iso.datetime().nullable(),
    ...authorFields,
  })
  .meta({ id: 'Message' });

const filteredCount = z.int().meta({ description: 'How many unhelpful answers were left out.' });

export const messagesResponse = z.object({
  items: z.array(messageResponse),
  nextCursor: z.string().nullable().meta({
    description: 'Goes on in the direction of the list: to older messages after `before`, else to newer ones.',
  }),
  previousCursor: z.string().nullable().meta({ description: 'Goes the other way.' }),
  filtered: filteredCount,
});

export const windowResponse = z
  .object({
    summary: z.null().meta({ description: 'Of what came before.' }),
    messages: z.array(messageResponse),
    tokens: z.int().meta({ description: 'Of all messages of the window.' }),
    truncated: z.boolean().meta({ description: 'Whether older messages were left out for a limit.' }),
    filtered: filteredCount,
    resultsLeftOut: z.int().meta({
      description:
        'How many results of tools were left out because their call was deleted, or is too far before: what else their messages hold is shown.',
    }),
  })
  .meta({ id: 'ConversationWindow' });

export type MessageResponse = z.infer<typeof messageResponse>;

export function toMessageResponse(message: Message): MessageResponse {
  return {
    id: message.id,
    seq: message.seq,
    clientId: message.clientId,
    role: message.role,
    name: message.name,
    // It came in as JSON, so it goes out as JSON.
    content: message.content as MessageResponse['content'],
    metadata: message.metadata as MessageResponse['metadata'],
    createdAt: message.createdAt.toISOString(),
    editedAt: message.editedAt?.toISOString() ?? null,
    ...toAuthorResponse(message),
  };
}

export function toWindowResponse({ messages, ...counts }: Window): z.infer<typeof windowResponse> {
  const { tokens, truncated, filtered, resultsLeftOut } = counts;
  return { summary: null, messages: messages.map(toMessageResponse), tokens, truncated, filtered, resultsLeftOut };
}
