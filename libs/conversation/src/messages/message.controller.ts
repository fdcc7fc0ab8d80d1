import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { decodeCursor, encodeCursor, Endpoint, IfPreconditions, type Preconditions } from '#http';
import type { ConversationId, MessageId, Principal } from '#kernel';
import { conversationParams, noQuery, removedResponse } from '../conversations/conversation.dto.js';
import type { Message } from '../message.js';
import { WindowService } from '../window/window.service.js';
import {
  appendBody,
  appendedResponse,
  editBody,
  messageParams,
  type MessageResponse,
  messageResponse,
  messagesQuery,
  messagesResponse,
  toMessageResponse,
  toWindowResponse,
  windowQuery,
  windowResponse,
} from './message.dto.js';
import { type ListedMessages, MessageService } from './message.service.js';
import { UnhelpfulAnswers } from './unhelpful-answers.js';

const way = z.enum(['newer', 'older']);

/**
 * Where a list goes on: which way, from which sequence number, which way the list goes that the cursor is of, and between
 * which numbers, where it has two ends.
 */
const position = z.union([z.tuple([way, z.int(), way]), z.tuple([way, z.int(), way, z.int(), z.int()])]);

type Way = z.infer<typeof way>;

@Controller('v1/conversations/:id')
export class MessageController {
  constructor(
    private readonly messages: MessageService,
    private readonly windows: WindowService,
    private readonly unhelpful: UnhelpfulAnswers,
  ) {}

  @Endpoint('POST /messages', {
    body: 'texts',
    summary: 'Append messages in their order, all or none; those that are there by their clientId are duplicates',
    access: ['memory:write'],
    response: appendedResponse,
    alsoStatus: [200],
  })
  async append(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: appendBody }) body: z.infer<typeof appendBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const given = body.messages.map((message) => ({
      clientId: message.clientId ?? null,
      role: message.role,
      name: message.name ?? null,
      content: message.content,
      metadata: message.metadata,
      createdAt: toTime(message.createdAt ?? undefined),
    }));
    const items = await this.messages.append(caller.workspaceId, params.id as ConversationId, given);
    if (items.every(({ status }) => status === 'duplicate')) void reply.status(200);
    return { items };
  }

  @Endpoint('GET /messages', {
    summary: 'Read messages, oldest first: from the first one, after, before or around one, or by time',
    access: ['memory:read'],
    response: messagesResponse,
    tagged: true,
  })
  async list(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: messagesQuery }) query: z.infer<typeof messagesQuery>,
  ) {
    const { cursor, limit, since, until } = query;
    const list = ['messages', caller.workspaceId, params.id, since ?? null, until ?? null, query.unhelpful];
    const from = cursor === undefined ? undefined : decodeCursor(list, cursor, position);
    const listed = from === undefined ? listedBy(query) : listedFrom(from, query);
    const id = params.id as ConversationId;
    const { items, hasNewer, hasOlder } = await this.messages.list(caller.workspaceId, id, listed, limit);
    const shown = query.unhelpful === 'include' ? items : items.filter((message) => !this.unhelpful.test(message));
    const within = 'around' in listed ? undefined : listed.within;
    // A list goes on the same way, whichever way its pages are turned.
    const goes = from?.[2] ?? ('around' in listed ? 'newer' : listed.direction);
    const newer = hasNewer ? cursorOf(list, ['newer', goes], items.at(-1), within) : null;
    const older = hasOlder ? cursorOf(list, ['older', goes], items[0], within) : null;
    const goesBack = goes === 'older';
    return {
      items: shown.map(toMessageResponse),
      nextCursor: goesBack ? older : newer,
      previousCursor: goesBack ? newer : older,
      filtered: items.length - shown.length,
    };
  }

  @Endpoint('DELETE /messages', {
    summary: 'Delete all messages of a conversation, for good; it stays, and goes on counting',
    access: ['memory:write'],
    response: removedResponse,
  })
  async clear(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    return { removed: { messages: await this.messages.clear(caller.workspaceId, params.id as ConversationId) } };
  }

  @Endpoint('GET /messages/:message', {
    summary: 'Read a message',
    access: ['memory:read'],
    response: messageResponse,
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: messageParams }) params: z.infer<typeof messageParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { id, message } = namesOf(params);
    return this.tagged(await this.messages.get(caller.workspaceId, id, message), reply);
  }

  @Endpoint('PATCH /messages/:message', {
    body: 'texts',
    summary: 'Edit a message; its earlier text stays in the audit',
    access: ['memory:write'],
    response: messageResponse,
  })
  async edit(
    @Caller() caller: Principal,
    @Param({ schema: messageParams }) params: z.infer<typeof messageParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: editBody }) body: z.infer<typeof editBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { id, message } = namesOf(params);
    return this.tagged(await this.messages.edit(caller, id, message, body, preconditions), reply);
  }

  @Endpoint('DELETE /messages/:message', {
    summary: 'Delete a message, for good',
    access: ['memory:write'],
    response: removedResponse,
  })
  async delete(
    @Caller() caller: Principal,
    @Param({ schema: messageParams }) params: z.infer<typeof messageParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @IfPreconditions() preconditions: Preconditions,
  ) {
    const { id, message } = namesOf(params);
    await this.messages.delete(caller.workspaceId, id, message, preconditions);
    return { removed: { messages: 1 } };
  }

  @Endpoint('GET /window', {
    summary: 'Read the newest messages that fit a model, with tool results and their calls together',
    access: ['memory:read'],
    response: windowResponse,
    tagged: true,
  })
  async window(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: windowQuery }) query: z.infer<typeof windowQuery>,
  ) {
    const keepsUnhelpful = query.unhelpful === 'include';
    const id = params.id as ConversationId;
    return toWindowResponse(await this.windows.read(caller.workspaceId, id, query, keepsUnhelpful));
  }

  private tagged(message: Message, reply: FastifyReply): MessageResponse {
    void reply.header('etag', this.messages.tagOf(message));
    return toMessageResponse(message);
  }
}

function namesOf(params: z.infer<typeof messageParams>) {
  return { id: params.id as ConversationId, message: params.message as MessageId };
}

function toTime(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function listedBy({ after, before, around, since, until }: z.infer<typeof messagesQuery>): ListedMessages {
  if (around !== undefined) return { around };
  const direction = before !== undefined && after === undefined ? 'older' : 'newer';
  const within = after === undefined || before === undefined ? undefined : { after, before };
  return { after, before, within, since: toTime(since), until: toTime(until), direction };
}

/** Behind the message at which another page ended. */
function listedFrom(
  [direction, seq, , after, before]: z.infer<typeof position>,
  { since, until }: z.infer<typeof messagesQuery>,
): ListedMessages {
  const within = after === undefined || before === undefined ? undefined : { after, before };
  const edge = direction === 'newer' ? { after: seq } : { before: seq };
  return { ...within, ...edge, within, since: toTime(since), until: toTime(until), direction };
}

function cursorOf(
  list: readonly unknown[],
  [direction, goes]: readonly [Way, Way],
  edge: Message | undefined,
  within: Extract<ListedMessages, { readonly direction: string }>['within'],
): string | null {
  if (edge === undefined) return null;
  return encodeCursor(list, [
    direction,
    edge.seq,
    goes,
    ...(within === undefined ? [] : [within.after, within.before]),
  ]);
}
