import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  type FetchImplementation,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import { Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { Clock, DomainError, messageOf, readCapped, type Scope, scopes } from '#kernel';
import { AuthConfig } from '#config';
import { findUnsafeText } from '#http';
import { unauthenticated } from '../auth.errors.js';
import { WORKSPACE_SLUG } from '../workspace.js';

/** Dozens of keys with their certificates; an answer without end is cut there. */
const MAX_KEY_SET_BYTES = 256 * 1024;

/** The key set could not be fetched, or not in full. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError';
}

/**
 * Fetches a key set (RFC 7517) for jose, which bounds the time by its signal and follows no redirect. At most 256 KiB
 * are read, and what is no key set is a failure. After one nothing is asked for `restMs`: tokens that anybody can make up do not reach the issuer.
 */
export function keySetFetch(restMs: number): FetchImplementation {
  let failure: { readonly error: unknown; readonly atMs: number } | undefined;
  return async (url, options) => {
    if (failure !== undefined && performance.now() - failure.atMs < restMs) throw failure.error;
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`The issuer answered ${response.status}.`);
      }
      const keySet = await readCapped(response, MAX_KEY_SET_BYTES);
      if (!isKeySet(JSON.parse(keySet))) throw new Error('The answer of the issuer is not a key set.');
      failure = undefined;
      return new Response(keySet);
    } catch (cause) {
      const error = new KeySetUnavailableError(messageOf(cause), { cause });
      failure = { error, atMs: performance.now() };
      throw error;
    }
  };
}

function isKeySet(value: unknown): boolean {
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null && !Array.isArray(key));
}

/** What a verified token says of who sent it. */
interface JwtClaims {
  readonly subject: string;
  /** Slug of the workspace it acts in; absent for operators, who choose one. */
  readonly workspace: string | undefined;
  readonly scopes: readonly Scope[];
  readonly tier: string | undefined;
  /** The beginning of time where the token does not say. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Whose a token claims to be before it is verified: good for nothing but to know which revocations would concern it. */
export function claimedSubject(token: string): string | undefined {
  try {
    const { sub } = decodeJwt(token);
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** A credential that could be a JSON Web Token (RFC 7519) in its compact form. */
export function looksLikeJwt(credential: string): boolean {
  return /^[\w-]{2,}\.[\w-]{2,}\.[\w-]{2,}$/.test(credential);
}

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
const JWKS_RETRY_MS = 5_000;

/** The end of the year 9999: later times have no ISO form of four digits, and no column. */
const time = z.number().min(0).max(253_402_300_799);

const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  ws: z.string().regex(WORKSPACE_SLUG).optional(),
  scope: z.union([z.string().max(1000), z.array(z.string().max(100)).max(50)]).default(''),
  tier: z.string().max(32).optional(),
  iat: time.optional(),
  nbf: time.optional(),
  exp: time,
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
            [customFetch]: keySetFetch(Math.min(config.jwksCooldownMs, JWKS_RETRY_MS)),
          });
  }

  /** Whether tokens are taken at all. */
  get isConfigured(): boolean {
    return this.secret !== undefined || this.keySet !== undefined;
  }

  /**
   * Signature, times (with the configured clock skew), issuer and audience. A token lives from its `iat`, where it has
   * one, for at most the configured life; every time is a number of seconds from 1970 to the year 9999.
   * @throws DomainError `unauthenticated` for any token that does not hold; `issuer-unavailable` (503) where the key set
   *   can't be fetched: that is not the token's fault.
   */
  async verify(token: string): Promise<JwtClaims> {
    try {
      return this.claimsOf(await this.payloadOf(token));
    } catch (error) {
      if (error instanceof DomainError) throw error;
      if (error instanceof KeySetUnavailableError) {
        this.logger.warn(`The key set of the token issuer can't be fetched: ${error.message}`);
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
    if (findUnsafeText(payload) !== undefined) throw unauthenticated();
    const { sub, ws, scope, tier, iat, exp } = claimsSchema.parse(payload);
    const nowSeconds = this.clock.nowMs() / 1000;
    const isFromLater = iat !== undefined && iat > nowSeconds + this.config.jwtClockSkewSeconds;
    const lifeMs = (exp - (iat ?? nowSeconds)) * 1000;
    if (isFromLater || lifeMs > this.config.jwtMaxLifetimeMs) throw unauthenticated();
    const named = new Set(typeof scope === 'string' ? scope.split(' ') : scope);
    return {
      subject: sub,
      workspace: ws,
      scopes: scopes.filter((known): known is Scope => named.has(known)),
      tier,
      issuedAt: new Date((iat ?? 0) * 1000),
      expiresAt: new Date(exp * 1000),
    };
  }
}
