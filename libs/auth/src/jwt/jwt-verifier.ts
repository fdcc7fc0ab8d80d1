import { Injectable, Logger } from '@nestjs/common';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import { AuthConfig } from '#config';
import { Clock, DomainError, type Scope, scopes } from '#kernel';
import { z } from 'zod';
import { unauthenticated } from '../auth.errors.js';
import type { JwtClaims } from './jwt.js';

/**
 * Which algorithm goes with which kind of key is said here, never by the token: a public key is never taken for a
 * secret ("algorithm confusion"), and `none` is none of them (RFC 8725, 3.1).
 */
const SECRET_ALGORITHMS = ['HS256'];
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

const JWKS_TIMEOUT_MS = 3_000;
const JWKS_MAX_AGE_MS = 600_000;

const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  ws: z.string().min(1).max(63).optional(),
  scope: z.union([z.string().max(1000), z.array(z.string().max(100)).max(50)]).default(''),
  tier: z.string().max(32).optional(),
  iat: z.number().optional(),
  exp: z.number(),
});

/** Verifies bearer tokens against the configured secret or key set. */
@Injectable()
export class JwtVerifier {
  private readonly logger = new Logger('auth');
  private readonly secret: Uint8Array | undefined;
  private readonly keySet: JWTVerifyGetKey | undefined;

  constructor(
    private readonly config: AuthConfig,
    private readonly clock: Clock,
  ) {
    const { jwtSecret, jwksUrl } = config;
    this.secret = jwtSecret === undefined ? undefined : new TextEncoder().encode(jwtSecret);
    this.keySet =
      jwksUrl === undefined
        ? undefined
        : createRemoteJWKSet(new URL(jwksUrl), {
            timeoutDuration: JWKS_TIMEOUT_MS,
            cooldownDuration: config.jwksCooldownMs,
            cacheMaxAge: JWKS_MAX_AGE_MS,
          });
  }

  /** Whether tokens are taken at all. */
  get isConfigured(): boolean {
    return this.secret !== undefined || this.keySet !== undefined;
  }

  /**
   * Signature, times (with the configured clock skew), issuer and audience.
   * @throws DomainError `unauthenticated` for any token that does not hold; `issuer-unavailable` (503) where the key set
   *   can't be fetched: that is not the token's fault.
   */
  async verify(token: string): Promise<JwtClaims> {
    try {
      return this.claimsOf(await this.payloadOf(token));
    } catch (error) {
      if (error instanceof DomainError) throw error;
      if (isIssuerAway(error)) {
        this.logger.warn(`The key set of the token issuer can't be fetched: ${(error as Error).message}`);
        throw new DomainError({
          code: 'issuer-unavailable',
          kind: 'unavailable',
          detail: 'The keys of the token issuer can not be fetched right now.',
          retryAfterSeconds: 5,
          cause: error,
        });
      }
      throw unauthenticated();
    }
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    const { alg = '' } = decodeProtectedHeader(token);
    const options: JWTVerifyOptions = {
      issuer: this.config.jwtIssuer,
      audience: this.config.jwtAudience,
      clockTolerance: this.config.jwtClockSkewSeconds,
      currentDate: this.clock.now(),
      requiredClaims: ['sub', 'exp'],
    };
    if (SECRET_ALGORITHMS.includes(alg) && this.secret !== undefined)
      return (await jwtVerify(token, this.secret, { ...options, algorithms: SECRET_ALGORITHMS })).payload;
    if (PUBLIC_KEY_ALGORITHMS.includes(alg) && this.keySet !== undefined)
      return (await jwtVerify(token, this.keySet, { ...options, algorithms: PUBLIC_KEY_ALGORITHMS })).payload;
    throw unauthenticated();
  }

  private claimsOf(payload: JWTPayload): JwtClaims {
    const { sub, ws, scope, tier, iat = 0, exp } = claimsSchema.parse(payload);
    const expiresAt = new Date(exp * 1000);
    if (expiresAt.getTime() > this.clock.nowMs() + this.config.jwtMaxLifetimeMs) throw unauthenticated();
    const named = new Set(typeof scope === 'string' ? scope.split(' ') : scope);
    return {
      subject: sub,
      workspace: ws,
      scopes: scopes.filter((known): known is Scope => named.has(known)),
      tier,
      issuedAt: new Date(iat * 1000),
      expiresAt,
    };
  }
}

/** Errors of jose about the token or its key have other codes; a failed fetch has none of them. */
function isIssuerAway(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  return error instanceof TypeError && error.message === 'fetch failed';
}
