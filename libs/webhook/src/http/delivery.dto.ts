import { z } from 'zod';
import { entityId, pageOf, pageQuery } from '#http';
import { type Delivery, deliveryStates, TEST_EVENT, webhookEvents } from '../webhook.js';
import { webhookParams } from './webhook.dto.js';

export const deliveriesQuery = z.strictObject({ ...pageQuery, state: z.enum(deliveryStates).optional() });
export const deliveryParams = z.strictObject({ ...webhookParams.shape, delivery: entityId() });

export const deliveryResponse = z
  .object({
    id: z.uuid().meta({ description: 'The webhook-id of every attempt, by which a receiver knows a repeat.' }),
    event: z.enum([...webhookEvents, TEST_EVENT]),
    data: z.record(z.string(), z.json()).meta({ description: 'The ids that are sent, without what is read for them.' }),
    occurredAt: z.iso.datetime(),
    state: z.enum(deliveryStates),
    attempts: z.int(),
    nextAttemptAt: z.iso.datetime().nullable().meta({ description: 'Not before; null where it has ended.' }),
    lastAttemptAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    responseStatus: z.int().nullable().meta({ description: 'Of the last attempt; null where nothing was answered.' }),
    failure: z.string().nullable().meta({
      description:
        'Of the last attempt: status-not-2xx, redirect-not-followed, gone, address-refused, name-not-found, timeout, connection-failed or certificate-refused.',
    }),
    durationMs: z.int().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export const deliveriesResponse = pageOf(deliveryResponse);

export function toDeliveryResponse(delivery: Delivery): z.infer<typeof deliveryResponse> {
  const { eventId: id, event, data, state, attempts, responseStatus, failure, durationMs } = delivery;
  return {
    id,
    event,
    data: data as Record<string, z.core.util.JSONType>,
    occurredAt: delivery.occurredAt.toISOString(),
    state,
    attempts,
    nextAttemptAt: state === 'pending' ? delivery.dueAt.toISOString() : null,
    lastAttemptAt: delivery.lastAttemptAt?.toISOString() ?? null,
    finishedAt: delivery.finishedAt?.toISOString() ?? null,
    responseStatus,
    failure,
    durationMs,
  };
}
