import { Body, Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, listPage } from '#http';
import type { ContextId, FeedbackId, Principal } from '#kernel';
import {
  feedbackBody,
  feedbackListResponse,
  feedbackQuery,
  feedbackResponse,
  toFeedbackResponse,
  toFeedbackValue,
} from './feedback.dto.js';
import { FeedbackService } from './feedback.service.js';

@Controller('v1/feedback')
export class FeedbackController {
  constructor(private readonly feedback: FeedbackService) {}

  @Endpoint('POST ', {
    summary: 'Say what a user thought of a context or did with it',
    access: ['memory:write'],
    response: feedbackResponse,
    alsoStatus: [200],
  })
  async add(
    @Caller() { workspaceId }: Principal,
    @Body({ schema: feedbackBody }) body: z.infer<typeof feedbackBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { feedback, isDuplicate } = await this.feedback.add(workspaceId, {
      ...body,
      contextId: body.contextId as ContextId,
      value: toFeedbackValue(body.kind, body.value),
      clientId: body.clientId ?? null,
    });
    if (isDuplicate) void reply.status(200);
    return { ...toFeedbackResponse(feedback), status: isDuplicate ? ('duplicate' as const) : ('stored' as const) };
  }

  @Endpoint('GET ', {
    summary: 'List feedback on the contexts of a project, newest first',
    access: ['memory:read'],
    response: feedbackListResponse,
    tagged: true,
  })
  async list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: feedbackQuery }) query: z.infer<typeof feedbackQuery>,
  ) {
    const { project, user } = query;
    const contextId = query.context as ContextId | undefined;
    return listPage(query, {
      of: ['feedback', workspaceId, project, user ?? null, contextId ?? null],
      load: (before: FeedbackId | undefined, limit) =>
        this.feedback.list(workspaceId, { project, user, contextId }, before, limit),
      show: (items) => items.map(toFeedbackResponse),
    });
  }
}
