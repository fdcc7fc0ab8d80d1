// @ts-check
/** Who asks for what in the soak: every policy, every tier and every kind of client of the product. */

const dist = new URL('../../../dist/libs/', import.meta.url);
const load = async (/** @type {string} */ path) => import(new URL(path, dist).href);
const { loadConfig } = await load('config/src/load-config.js');
const { routeClasses: ROUTES } = await load('config/src/rate-limit-classes.js');
const { PROVIDER_CALLS } = await load('throttle/src/limiter/limiter.js');
const { RateLimits } = await load('throttle/src/request-limits.js');

const TIERS = [undefined, 'pro', 'tiny'];
/** Subjects come from outside: long ones, and characters that mean something to Redis or to us. */
const ODD = ['a:b', '{x}', 'a b', '*', 'ü❌\u{1F512}', 'x'.repeat(4_000), '', 'null', '__proto__'];

/**
 * @typedef {import('#throttle').RateLimit} RateLimit
 * @typedef {{ kind: string, subject: string, charges: { limit: RateLimit, units: number }[] }} Call
 */

/**
 * @param {number} factor how many times faster than the real one the day passes: periods are so much shorter
 * @param {() => number} random from 0 to 1
 */
export function createPlan(factor, random) {
  const { throttle } = loadConfig({
    RATE_LIMIT_TIERS: JSON.stringify({
      pro: { reads: 6_000, writes: 1_000, search: 1_200, embeddings: 600, ingestion: 100, admin: 600, providers: 300 },
      tiny: { reads: 7, writes: 1, search: 3, embeddings: 1, ingestion: 1, admin: 1, providers: 1 },
    }),
  });
  const limits = new RateLimits(throttle);
  /** @type {(limit: RateLimit) => RateLimit} */
  const hastened = (limit) => ({ ...limit, periodMs: limit.periodMs / factor });
  /** @template T @param {readonly T[]} list @returns {T} */
  const pick = (list) => /** @type {T} */ (list[Math.floor(random() * list.length)]);
  /** Single units, and now and then many: batches weigh more. @type {(limit: RateLimit) => number} */
  const units = ({ limit }) => (random() < 0.7 ? 1 : 1 + Math.floor((random() * limit) / 4));
  const principals = Array.from({ length: 60 }, (_, n) => ({
    workspaceId: `workspace-${n % 5}`,
    id: n % 3 === 0 ? `jwt:${ODD[n % ODD.length]}` : `key:${n}`,
    tier: TIERS[n % TIERS.length],
  }));
  let strangers = 0;

  /** @type {Record<string, () => Call>} */
  const kinds = {
    route: () => {
      const principal = pick(principals);
      const name = pick(ROUTES);
      // A search is a read as well: two limits that are decided together.
      const classes = name === 'search' ? ['reads', 'search'] : [name];
      return {
        kind: principal.id.startsWith('key:') ? 'key' : 'token',
        subject: principal.workspaceId,
        charges: limits
          .ofRequest(principal, classes)
          .map(hastened)
          .map((/** @type {RateLimit} */ limit) => ({ limit, units: units(limit) })),
      };
    },
    provider: () => {
      const principal = pick(principals);
      return {
        kind: 'provider call',
        subject: PROVIDER_CALLS,
        charges: [
          ...limits
            .ofProviders(principal)
            .map((/** @type {RateLimit} */ limit) => ({ limit: hastened(limit), units: 1 })),
          ...everybody(),
        ],
      };
    },
    background: () => ({ kind: 'background', subject: PROVIDER_CALLS, charges: everybody() }),
    guesser: () => ({ kind: 'address', subject: `address 10.0.0.${Math.floor(random() * 20)}`, charges: signIn() }),
    // Comes once and never again: what it leaves behind must go by itself.
    stranger: () => ({
      kind: 'stranger',
      subject: `address ${process.pid}.${strangers++}`,
      charges: signIn(),
    }),
  };
  const turns = ['route', 'route', 'route', 'route', 'provider', 'background', 'guesser', 'stranger'];

  function everybody() {
    const limit = hastened({ name: 'embedding-tokens', limit: 3_000_000, periodMs: 60_000, member: 'voyage' });
    return [{ limit, units: 1 + Math.floor(random() * 20_000) }];
  }
  function signIn() {
    return [{ limit: hastened(limits.ofSignIn()), units: 1 }];
  }

  return {
    /** @returns {Call} */
    next: () => /** @type {() => Call} */ (kinds[pick(turns)])(),
    /** Milliseconds after which a counter must be gone that nobody uses any more. */
    longestMs: Math.ceil((5 * 60_000) / factor) + 1,
  };
}

/** A counter's name in what is reported. @param {string} subject @param {RateLimit} limit */
export function counterOf(subject, { name, member, limit, periodMs }) {
  return JSON.stringify([subject, name, member ?? null, limit, periodMs]);
}
