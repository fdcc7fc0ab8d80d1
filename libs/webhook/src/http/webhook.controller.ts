import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { Principal, WebhookId } from '#kernel';
import type { Webhook } from '../webhook.js';
import { WebhookService } from '../webhook.service.js';
import {
  changeWebhookBody,
  createWebhookBody,
  newWebhookResponse,
  rotateSecretBody,
  toNewWebhookResponse,
  toWebhookResponse,
  webhookParams,
  webhookResponse,
  webhooksQuery,
  webhooksResponse,
} from './webhook.dto.js';

const HOUR_MS = 3_600_000;

@Controller('v1/webhooks')
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  @Endpoint('POST ', {
    summary: 'Have events of the workspace sent to a URL',
    access: ['admin'],
    response: newWebhookResponse,
    secret: true,
  })
  async create(
    @Caller() { workspaceId }: Principal,
    @Body({ schema: createWebhookBody }) { project, ...body }: z.infer<typeof createWebhookBody>,
  ) {
    return toNewWebhookResponse(await this.webhooks.create(workspaceId, { ...body, projectSlug: project }));
  }

  @Endpoint('GET ', {
    summary: 'List webhooks, newest first',
    access: ['admin'],
    response: webhooksResponse,
    tagged: true,
  })
  async list(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: webhooksQuery }) query: z.infer<typeof webhooksQuery>,
  ) {
    return listPage(query, {
      of: ['webhooks', workspaceId],
      load: (after: WebhookId | undefined, limit) => this.webhooks.list(workspaceId, after, limit),
      show: (webhooks) => webhooks.map(toWebhookResponse),
    });
  }

  @Endpoint('GET /:id', { summary: 'Look at a webhook', access: ['admin'], response: webhookResponse })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: webhookParams }) { id }: z.infer<typeof webhookParams>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.webhooks.get(workspaceId, id as WebhookId), reply);
  }

  @Endpoint('PATCH /:id', {
    summary: 'Change a webhook, turn it off, or turn it on again',
    access: ['admin'],
    response: webhookResponse,
  })
  async change(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: webhookParams }) { id }: z.infer<typeof webhookParams>,
    @Body({ schema: changeWebhookBody }) { project, ...body }: z.infer<typeof changeWebhookBody>,
    @IfPreconditions() given: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const change = { ...body, projectSlug: project };
    return this.tagged(await this.webhooks.change(workspaceId, id as WebhookId, change, given), reply);
  }

  @Endpoint('POST /:id/rotate', {
    summary: 'Give a webhook a new secret; the old one signs beside it for a while',
    access: ['admin'],
    status: 200,
    response: newWebhookResponse,
    secret: true,
  })
  async rotate(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: webhookParams }) { id }: z.infer<typeof webhookParams>,
    @Body({ schema: rotateSecretBody.prefault({}) }) { overlapHours }: z.infer<typeof rotateSecretBody>,
    @IfPreconditions() given: Preconditions,
  ) {
    return toNewWebhookResponse(
      await this.webhooks.rotate(workspaceId, id as WebhookId, overlapHours * HOUR_MS, given),
    );
  }

  @Endpoint('DELETE /:id', {
    summary: 'Delete a webhook with its deliveries; nothing more is sent to it',
    access: ['admin'],
  })
  async delete(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: webhookParams }) { id }: z.infer<typeof webhookParams>,
    @IfPreconditions() given: Preconditions,
  ): Promise<void> {
    await this.webhooks.delete(workspaceId, id as WebhookId, given);
  }

  private tagged(webhook: Webhook, reply: FastifyReply) {
    void reply.header('etag', this.webhooks.tagOf(webhook));
    return toWebhookResponse(webhook);
  }
}
