import { z } from 'zod';
import { entityId, pageOf, pageQuery, textField } from '#http';
import { projectSlug } from '#project';
import type { NewSecret } from '../webhook.service.js';
import { disabledReasons, type Webhook, webhookEvents } from '../webhook.js';

const MAX_URL_LENGTH = 2_000;
const DEFAULT_OVERLAP_HOURS = 24;
const MAX_OVERLAP_HOURS = 24 * 7;

const url = z
  .string()
  .max(MAX_URL_LENGTH)
  .refine(isReceiver, 'must be an http or https URL without credentials and fragment')
  .meta({ description: 'Asked by POST. Redirects are not followed, and private addresses are refused.' });
const events = z
  .array(z.enum(webhookEvents))
  .min(1)
  .max(webhookEvents.length)
  .transform((names) => [...new Set(names)]);
const project = projectSlug
  .nullable()
  .meta({ description: 'Only events of this project, which need not be there yet; null: of all, and those of none.' });
const description = textField(200).nullable();
const content = z.boolean().meta({
  description: 'Whether deliveries hold the texts of what they are about. Without it they hold ids and names.',
});

export const createWebhookBody = z.strictObject({
  url,
  events,
  project: project.default(null),
  description: description.default(null),
  content: content.default(false),
});
/** What is left out stays. */
export const changeWebhookBody = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  project: project.optional(),
  description: description.optional(),
  content: content.optional(),
  enabled: z
    .boolean()
    .optional()
    .meta({ description: 'False: nothing is recorded or sent. True: what waits is due at once.' }),
});
export const rotateSecretBody = z.strictObject({
  overlapHours: z.int().min(0).max(MAX_OVERLAP_HOURS).default(DEFAULT_OVERLAP_HOURS).meta({
    description: 'How long the old secret signs beside the new one; 0: no longer.',
  }),
});
export const webhookParams = z.strictObject({ id: entityId() });
export const webhooksQuery = z.strictObject(pageQuery);

export const webhookResponse = z
  .object({
    id: z.uuid(),
    url: z.string(),
    events: z.array(z.enum(webhookEvents)),
    project: z.string().nullable(),
    description: z.string().nullable(),
    content: z.boolean(),
    enabled: z.boolean(),
    disabledAt: z.iso.datetime().nullable(),
    disabledReason: z.enum(disabledReasons).nullable().meta({
      description:
        'by-hand; unreachable: nothing was taken for a day; gone: the receiver answered 410. What was recorded waits.',
    }),
    failures: z.int().meta({ description: 'Attempts that failed since the last one that did not.' }),
    lastSuccessAt: z.iso.datetime().nullable().meta({ description: 'Exact to a minute.' }),
    lastFailureAt: z.iso.datetime().nullable(),
    previousSecretExpiresAt: z.iso.datetime().nullable().meta({
      description: 'Until then deliveries are signed with the secret before the last rotation too.',
    }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    createdBy: z.string().nullable(),
  })
  .meta({ id: 'Webhook' });
export const newWebhookResponse = z
  .object({
    ...webhookResponse.shape,
    secret: z.string().meta({ description: 'Verifies deliveries (Standard Webhooks); it is shown only once.' }),
  })
  .meta({ id: 'NewWebhook' });
export const webhooksResponse = pageOf(webhookResponse);

export function toWebhookResponse(webhook: Webhook): z.infer<typeof webhookResponse> {
  const { id, url: to, events: names, description: text, content: isContentAsked, failures, createdBy } = webhook;
  return {
    id,
    url: to,
    events: [...names],
    project: webhook.projectSlug,
    description: text,
    content: isContentAsked,
    enabled: webhook.disabledAt === null,
    disabledAt: webhook.disabledAt?.toISOString() ?? null,
    disabledReason: webhook.disabledReason,
    failures,
    lastSuccessAt: webhook.lastSuccessAt?.toISOString() ?? null,
    lastFailureAt: webhook.lastFailureAt?.toISOString() ?? null,
    previousSecretExpiresAt: webhook.previousSecretExpiresAt?.toISOString() ?? null,
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
    createdBy,
  };
}

export function toNewWebhookResponse({ webhook, secret }: NewSecret): z.infer<typeof newWebhookResponse> {
  return { ...toWebhookResponse(webhook), secret };
}

function isReceiver(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${hash}` === '';
}
