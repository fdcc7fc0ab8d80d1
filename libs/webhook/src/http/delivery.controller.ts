import { Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, listPage } from '#http';
import type { Principal, WebhookEventId, WebhookId } from '#kernel';
import { WebhookService } from '../webhook.service.js';
import {
  deliveriesQuery,
  deliveriesResponse,
  deliveryParams,
  deliveryResponse,
  toDeliveryResponse,
} from './delivery.dto.js';
import { webhookParams } from './webhook.dto.js';

@Controller('v1/webhooks/:id')
export class DeliveryController {
  constructor(private readonly webhooks: WebhookService) {}

  @Endpoint('POST /test', {
    summary: 'Send an event that says nothing, to see whether it arrives',
    access: ['admin'],
    status: 202,
    response: deliveryResponse,
  })
  async test(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: webhookParams }) { id }: z.infer<typeof webhookParams>,
  ) {
    return toDeliveryResponse(await this.webhooks.test(workspaceId, id as WebhookId));
  }

  @Endpoint('GET /deliveries', {
    summary: 'List what was sent and what waits, newest first',
    access: ['admin'],
    response: deliveriesResponse,
    tagged: true,
  })
  async list(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: webhookParams }) { id }: z.infer<typeof webhookParams>,
    @Query({ schema: deliveriesQuery }) query: z.infer<typeof deliveriesQuery>,
  ) {
    return listPage(query, {
      of: ['webhook-deliveries', workspaceId, id, query.state ?? null],
      load: (after: WebhookEventId | undefined, limit) =>
        this.webhooks.listDeliveries(workspaceId, id as WebhookId, query.state, after, limit),
      show: (deliveries) => deliveries.map(toDeliveryResponse),
    });
  }

  @Endpoint('GET /deliveries/:delivery', {
    summary: 'Look at a delivery',
    access: ['admin'],
    response: deliveryResponse,
    tagged: true,
  })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: deliveryParams }) { id, delivery }: z.infer<typeof deliveryParams>,
  ) {
    return toDeliveryResponse(
      await this.webhooks.getDelivery(workspaceId, id as WebhookId, delivery as WebhookEventId),
    );
  }

  @Endpoint('POST /deliveries/:delivery/redeliver', {
    summary: 'Send a delivery again, or now if it waits',
    access: ['admin'],
    status: 202,
    response: deliveryResponse,
  })
  async redeliver(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: deliveryParams }) { id, delivery }: z.infer<typeof deliveryParams>,
  ) {
    return toDeliveryResponse(await this.webhooks.redeliver(workspaceId, id as WebhookId, delivery as WebhookEventId));
  }
}
