import { z } from 'zod';
import { scopes } from '#kernel';
import { entityId, pageOf, pageQuery, textField, timeField } from '#http';
import type { ApiKey } from '../api-key.js';
import type { NewApiKey } from '../api-key.service.js';

const tier = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9 and hyphens')
  .nullable()
  .meta({ description: 'Names the rate limits that hold for the key; set by operators.' });

export const createKeyBody = z.strictObject({
  name: textField(100),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  tier: tier.optional(),
  expiresAt: timeField()
    .transform((text) => new Date(text))
    .optional(),
});
/** What is left out stays. */
export const changeKeyBody = z.strictObject({
  name: textField(100).optional(),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length).optional(),
  tier: tier.optional(),
});
export const keyParams = z.strictObject({ id: entityId() });
export const keysQuery = z.strictObject(pageQuery);

export const keyResponse = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(z.enum(scopes)),
    tier: z.string().nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });
export const newKeyResponse = z
  .object({ ...keyResponse.shape, key: z.string().meta({ description: 'The secret; it is shown only once.' }) })
  .meta({ id: 'NewApiKey' });
export const keysResponse = pageOf(keyResponse);

export function toKeyResponse(key: ApiKey): z.infer<typeof keyResponse> {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    tier: key.tier,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}

export function toNewKeyResponse({ apiKey, key }: NewApiKey): z.infer<typeof newKeyResponse> {
  return { ...toKeyResponse(apiKey), key };
}
