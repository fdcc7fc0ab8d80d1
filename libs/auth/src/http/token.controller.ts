import { Body, Controller, Headers } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { credentialOf } from '../credential.js';
import { TokenService } from '../token.service.js';
import { Caller } from './auth.guard.js';

const revokeTokensBody = z.strictObject({
  subject: z.string().min(1).max(256).meta({ description: 'The `sub` of the tokens.' }),
});
const revokedTokensResponse = z
  .object({ subject: z.string(), revokedAt: z.iso.datetime() })
  .meta({ id: 'RevokedTokens' });

@Controller('v1/auth')
export class TokenController {
  constructor(private readonly tokens: TokenService) {}

  @Endpoint('POST /logout', {
    summary: 'End the token that is sent; it stops working at once',
    access: [],
    idempotent: false,
    limits: ['writes'],
  })
  async logOut(@Headers('authorization') authorization: string): Promise<void> {
    await this.tokens.logOut(credentialOf(authorization) ?? '');
  }

  @Endpoint('POST /revocations', {
    summary: 'End every token that a subject was given until now',
    access: ['admin'],
    response: revokedTokensResponse,
  })
  async revoke(
    @Caller() caller: Principal,
    @Body({ schema: revokeTokensBody }) { subject }: z.infer<typeof revokeTokensBody>,
  ) {
    return { subject, revokedAt: (await this.tokens.revokeSubject(caller.workspaceId, subject)).toISOString() };
  }
}
