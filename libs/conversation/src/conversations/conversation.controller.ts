import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { ConversationId, Principal, SessionId } from '#kernel';
import type { Conversation } from '../conversation.js';
import {
  conversationParams,
  type ConversationResponse,
  conversationResponse,
  conversationsQuery,
  conversationsResponse,
  createBody,
  emptyBody,
  noQuery,
  patchBody,
  removedResponse,
  toConversationResponse,
} from './conversation.dto.js';
import { ConversationService } from './conversation.service.js';

@Controller('v1/conversations')
export class ConversationController {
  constructor(private readonly conversations: ConversationService) {}

  @Endpoint('POST ', {
    summary: 'Begin a conversation; the same externalId again is the one that is there',
    access: ['memory:write'],
    response: conversationResponse,
    alsoStatus: [200],
  })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createBody }) body: z.infer<typeof createBody>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { conversation, exists } = await this.conversations.create(caller.workspaceId, {
      project: body.project,
      externalId: body.externalId ?? null,
      userId: body.user ?? null,
      sessionId: (body.sessionId ?? null) as SessionId | null,
      title: body.title ?? null,
      metadata: body.metadata,
    });
    if (exists) void reply.status(200);
    void reply.header('location', `/v1/conversations/${conversation.id}`);
    return this.tagged(conversation, reply);
  }

  @Endpoint('GET ', {
    summary: 'List conversations, newest first',
    access: ['memory:read'],
    response: conversationsResponse,
    tagged: true,
  })
  async list(
    @Caller() caller: Principal,
    @Query({ schema: conversationsQuery }) query: z.infer<typeof conversationsQuery>,
  ) {
    const { project, user: userId, session, state } = query;
    const filter = { project, userId, sessionId: session as SessionId | undefined, state };
    return listPage(query, {
      of: ['conversations', caller.workspaceId, project ?? null, userId ?? null, session ?? null, state ?? null],
      load: (after: ConversationId | undefined, limit) =>
        this.conversations.list(caller.workspaceId, filter, after, limit),
      show: (conversations) => conversations.map(toConversationResponse),
    });
  }

  @Endpoint('GET /:id', {
    summary: 'Read a conversation, without its messages',
    access: ['memory:read'],
    response: conversationResponse,
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.conversations.get(caller.workspaceId, params.id as ConversationId), reply);
  }

  @Endpoint('PATCH /:id', {
    summary: 'Change title, user, session or metadata',
    access: ['memory:write'],
    response: conversationResponse,
  })
  async patch(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: patchBody }) body: z.infer<typeof patchBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { user: userId, sessionId, title, metadata } = body;
    const patch = { userId, sessionId: sessionId as SessionId | null | undefined, title, metadata };
    const id = params.id as ConversationId;
    return this.tagged(await this.conversations.patch(caller.workspaceId, id, patch, preconditions), reply);
  }

  @Endpoint('POST /:id/archive', {
    summary: 'Archive a conversation: it can be read, and takes no messages',
    access: ['memory:write'],
    status: 200,
    response: conversationResponse,
  })
  async archive(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: emptyBody }) _body: z.infer<typeof emptyBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = params.id as ConversationId;
    return this.tagged(await this.conversations.archive(caller.workspaceId, id, preconditions), reply);
  }

  @Endpoint('POST /:id/restore', {
    summary: 'Take the archiving of a conversation back',
    access: ['memory:write'],
    status: 200,
    response: conversationResponse,
  })
  async restore(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: emptyBody }) _body: z.infer<typeof emptyBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = params.id as ConversationId;
    return this.tagged(await this.conversations.restore(caller.workspaceId, id, preconditions), reply);
  }

  @Endpoint('DELETE /:id', {
    summary: 'Delete a conversation with its messages, for good',
    access: ['memory:write'],
    response: removedResponse,
  })
  async delete(
    @Caller() caller: Principal,
    @Param({ schema: conversationParams }) params: z.infer<typeof conversationParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @IfPreconditions() preconditions: Preconditions,
  ) {
    const id = params.id as ConversationId;
    const messages = await this.conversations.delete(caller.workspaceId, id, preconditions);
    return { removed: { conversations: 1, messages } };
  }

  private tagged(conversation: Conversation, reply: FastifyReply): ConversationResponse {
    void reply.header('etag', this.conversations.tagOf(conversation));
    return toConversationResponse(conversation);
  }
}
