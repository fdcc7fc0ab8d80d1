import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ThrottleConfig } from '#config';
import { DomainError } from '#kernel';
import { Limiter, LocalLimiter, nextUnitMs, type RateLimit, rateLimited, RateLimits } from '#throttle';
import { nameSecret } from './credential.js';

/** The least recently used are verified once more as if they were new. */
const MAX_KNOWN = 10_000;

/**
 * Credentials that this process has verified, by the SHA-256 of their secret. It says nothing about what they may do now:
 * only that whoever sends one is no guesser, and may cost a look into the cache.
 */
@Injectable()
export class KnownCredentials {
  private readonly known = new LRUCache<string, true>({ max: MAX_KNOWN });

  has(hash: string): boolean {
    return this.known.get(hash) === true;
  }

  add(hash: string): void {
    this.known.set(hash, true);
  }

  delete(hash: string): void {
    this.known.delete(hash);
  }
}

/** Hextets of an IPv6 address that name a network: whoever has one address has all that begin alike (RFC 6177). */
const NETWORK_HEXTETS = 4;

/**
 * Who is counted as one client: an IPv4 address, also where it is written as IPv6, or the /64 network of an IPv6 address.
 * What is no address stands for itself.
 */
export function clientOf(address: string): string {
  const [text = ''] = address.toLowerCase().split('%', 1);
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  if (!text.includes(':')) return text;
  const [head = '', tail] = text.split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const network = [...first, ...gap, ...last].slice(0, NETWORK_HEXTETS);
  return `${network.map((hextet) => hextet.replace(/^0{1,3}(?=.)/, '')).join(':')}::/64`;
}

/** At once from one client, where its limit would let more. */
const MOST_AT_ONCE = 32;
const MAX_BLOCKED = 10_000;

/** What a client who has failed too often may still try: somebody else may send a good credential from its address. */
const NEWCOMERS: RateLimit = { name: 'newcomers', limit: 5, periodMs: 1_000 };

/** The tries of one client that are under way. */
interface Tries {
  running: number;
  /** How many may run, and fail. */
  places: number;
  readonly waiting: (() => void)[];
}

/**
 * Slows down whoever guesses credentials. Only failures count, by client address, so that nobody else is held up; the
 * limit is asked before anything is looked up or verified. Of credentials that this process has not verified yet, as many
 * are tried at once as may still fail, and the others wait: of a thousand guesses at the same time, the limit is tried.
 */
@Injectable()
export class SignInLimiter {
  private readonly limit: RateLimit | undefined;
  private readonly tries = new Map<string, Tries>();
  /** Until when a client has no failure left, by the clock of `performance.now()`. */
  private readonly blocked = new LRUCache<string, number>({ max: MAX_BLOCKED });
  private readonly newcomers = new LocalLimiter();

  constructor(
    private readonly limiter: Limiter,
    limits: RateLimits,
    config: ThrottleConfig,
    private readonly known: KnownCredentials,
  ) {
    this.limit = config.enabled ? limits.ofSignIn() : undefined;
  }

  /**
   * @throws DomainError of `signIn`; `rate-limited` in place of `unauthenticated`, and before anything is tried, once a
   *   client has failed too often.
   */
  async guard<Result>(address: string, credential: string, signIn: () => Promise<Result>): Promise<Result> {
    const { limit } = this;
    if (limit === undefined) return signIn();
    const hash = nameSecret(credential);
    const client = clientOf(address);
    if (!this.known.has(hash)) return this.inTurn(client, limit, (tries) => this.tryNew(client, limit, tries, signIn));
    try {
      return await signIn();
    } catch (error) {
      if (!isWrong(error)) throw error;
      this.known.delete(hash);
      throw await this.countFailure(client, limit, error);
    }
  }

  private async inTurn<Result>(
    client: string,
    { limit }: RateLimit,
    run: (tries: Tries) => Promise<Result>,
  ): Promise<Result> {
    const tries = this.tries.get(client) ?? { running: 0, places: Math.min(limit, MOST_AT_ONCE), waiting: [] };
    this.tries.set(client, tries);
    if (hasPlace(tries)) tries.running++;
    else await new Promise<void>((begin) => tries.waiting.push(begin));
    try {
      return await run(tries);
    } finally {
      tries.running--;
      while (tries.waiting.length > 0 && hasPlace(tries)) {
        tries.running++;
        tries.waiting.shift()?.();
      }
      if (tries.running === 0) this.tries.delete(client);
    }
  }

  private async tryNew<Result>(
    client: string,
    limit: RateLimit,
    tries: Tries,
    signIn: () => Promise<Result>,
  ): Promise<Result> {
    const refusal = await this.refusalOf(client, limit, tries);
    if (refusal !== undefined) {
      const { allowed } = await this.newcomers.consume(client, [{ limit: NEWCOMERS, units: 1 }]);
      if (!allowed) throw refusal;
    }
    try {
      return await signIn();
    } catch (error) {
      if (!isWrong(error)) throw error;
      throw refusal ?? (await this.countFailure(client, limit, error, tries));
    }
  }

  /** Undefined where the client may fail once more. One that may not is asked about again when it may. */
  private async refusalOf(client: string, limit: RateLimit, tries: Tries): Promise<DomainError | undefined> {
    const nowMs = performance.now();
    const untilMs = this.blocked.get(client) ?? 0;
    if (untilMs > nowMs) return refused(limit, untilMs - nowMs);
    const [state] = await this.limiter.look(subjectOf(client), [limit]);
    if (state === undefined) return undefined;
    tries.places = Math.min(state.remaining, MOST_AT_ONCE);
    if (state.remaining > 0) return undefined;
    const waitMs = nextUnitMs(state);
    this.blocked.set(client, nowMs + waitMs);
    return refused(limit, waitMs);
  }

  private async countFailure(
    client: string,
    limit: RateLimit,
    error: DomainError,
    tries?: Tries,
  ): Promise<DomainError> {
    const decision = await this.limiter.consume(subjectOf(client), [{ limit, units: 1 }]);
    if (tries !== undefined) tries.places = Math.min(decision.states[0]?.remaining ?? 0, MOST_AT_ONCE);
    return decision.allowed ? error : rateLimited(decision);
  }
}

/** One at least: it finds out whether there is one again. */
function hasPlace({ running, places }: Tries): boolean {
  return running < Math.max(1, places);
}

function isWrong(error: unknown): error is DomainError {
  return error instanceof DomainError && error.kind === 'unauthenticated';
}

function subjectOf(client: string): string {
  return `address ${client}`;
}

function refused(limit: RateLimit, waitMs: number): DomainError {
  return rateLimited({
    allowed: false,
    states: [{ limit, remaining: 0, resetMs: limit.periodMs, retryAfterMs: Math.ceil(waitMs) }],
  });
}
