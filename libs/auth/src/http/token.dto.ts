import { z } from 'zod';

export const revokeTokensBody = z.strictObject({
  subject: z.string().min(1).max(256).meta({ description: 'The `sub` of the tokens.' }),
});
export const revokedTokensResponse = z
  .object({ subject: z.string(), revokedAt: z.iso.datetime() })
  .meta({ id: 'RevokedTokens' });
