import { z } from 'zod';
import { scopes } from '#kernel';
import { pageOf, pageQuery } from '#http';
import type { ApiKey } from '../api-key.js';
import type { NewApiKey } from '../api-key.service.js';

export const createKeyBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional(),
});
export const keyParams = z.strictObject({ id: z.uuid() });
export const keysQuery = z.strictObject(pageQuery);

export const keyResponse = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(z.enum(scopes)),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });
export const newKeyResponse = z
  .object({ ...keyResponse.shape, key: z.string().meta({ description: 'The secret, told this once.' }) })
  .meta({ id: 'NewApiKey' });
export const keysResponse = pageOf(keyResponse);

export function toKeyResponse(key: ApiKey): z.infer<typeof keyResponse> {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}

export function toNewKeyResponse({ apiKey, key }: NewApiKey): z.infer<typeof newKeyResponse> {
  return { ...toKeyResponse(apiKey), key };
}
