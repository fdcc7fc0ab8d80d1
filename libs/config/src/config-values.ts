import { isIP } from 'node:net';
import { z } from 'zod';
import { DATABASE_URL_FORMS, DatabaseUrlError, parseDatabaseUrl } from './database-url.js';
import { tierClasses } from './rate-limit-classes.js';
import { parseRedisUrl, REDIS_URL_FORMS, RedisUrlError } from './redis-url.js';

/* The forms of values in the environment. A blank value is as an absent one; what is wrong says what to write instead. */

export const blankAsAbsent = (value: unknown) => (typeof value === 'string' && value.trim() === '' ? undefined : value);

export const text = () => z.preprocess(blankAsAbsent, z.string().trim().optional());

export const integer = (fallback: number, min: number, max: number) =>
  z.preprocess(
    blankAsAbsent,
    z
      .string()
      .regex(/^-?\d+$/, `write a whole number from ${min} to ${max}`)
      .transform(Number)
      .pipe(
        z
          .number()
          .min(min, `write a whole number from ${min} to ${max}`)
          .max(max, `write a whole number from ${min} to ${max}`),
      )
      .default(fallback),
  );

export const flag = (fallback: boolean) =>
  z.preprocess(
    blankAsAbsent,
    z
      .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'], { error: 'write true or false' })
      .transform((value) => ['true', '1', 'yes', 'on'].includes(value))
      .default(fallback),
  );

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values, fallback: Values[number]) =>
  z.preprocess(blankAsAbsent, z.enum(values, { error: `write one of ${values.join(', ')}` }).default(fallback));

export const list = () =>
  z.preprocess(
    blankAsAbsent,
    z
      .string()
      .default('')
      .transform((value) =>
        value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
  );

export const isModelName = (value: string) => /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/.test(value);

export const url = (protocols: readonly string[], example: string) =>
  text().refine(
    (value) => {
      if (value === undefined) return true;
      try {
        return protocols.includes(new URL(value).protocol);
      } catch {
        return false;
      }
    },
    { error: `write a URL like ${example}` },
  );

/** Servers on this machine: nothing that leaves it. `off` is none. */
export const loopbackUrls = (fallback: readonly string[]) =>
  list()
    .refine((values) => (values.length === 1 && values[0] === 'off') || values.every(isLoopbackUrl), {
      error: 'write URLs on this machine separated by commas, like http://127.0.0.1:11434, or off',
    })
    .transform((values) => (values.length === 0 ? fallback : values.filter((value) => value !== 'off')));

const LOOPBACK_HOST = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

function isLoopbackUrl(value: string): boolean {
  try {
    const { protocol, hostname } = new URL(value);
    return protocol === 'http:' && LOOPBACK_HOST.test(hostname);
  } catch {
    return false;
  }
}

/** Where pages may call from: scheme, host and port, as a browser sends them. */
export const origins = () =>
  list().refine((values) => values.every(isOrigin), {
    error: 'write origins separated by commas, like https://app.example.org,http://localhost:5173',
  });

function isOrigin(value: string): boolean {
  try {
    const { origin, protocol } = new URL(value);
    return origin === value && (protocol === 'http:' || protocol === 'https:');
  } catch {
    return false;
  }
}

export const redisUrl = () =>
  text().superRefine((value, context) => {
    try {
      if (value !== undefined) parseRedisUrl(value);
    } catch (error) {
      if (!(error instanceof RedisUrlError)) throw error;
      context.addIssue(`${REDIS_URL_FORMS} (this one ${error.problem})`);
    }
  });

const TRUST_PROXY_FORMS =
  'write false, true for one proxy in front, the number of proxies in a row, or their networks like 10.0.0.0/8,loopback';

/** How many proxies in a row are believed, or which: `0` is none. */
export const trustProxy = () =>
  list().transform((values, context): number | readonly string[] => {
    const [only = 'false'] = values;
    if (values.length <= 1) {
      if (['false', 'no', 'off'].includes(only)) return 0;
      if (['true', 'yes', 'on'].includes(only)) return 1;
      if (/^\d{1,2}$/.test(only)) return Number(only);
    }
    if (values.every(isNetwork)) return values;
    context.addIssue(TRUST_PROXY_FORMS);
    return z.NEVER;
  });

/** Addresses and networks, as CIDR has them. */
export const networks = () =>
  list().refine((values) => values.every(isAddressRange), {
    error: 'write networks or addresses separated by commas, like 10.0.0.0/8,127.0.0.1',
  });

function isNetwork(network: string): boolean {
  return ['loopback', 'linklocal', 'uniquelocal'].includes(network) || isAddressRange(network);
}

function isAddressRange(network: string): boolean {
  const [address = '', bits, ...rest] = network.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    longest > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
  );
}

export const databaseUrl = () =>
  text().superRefine((value, context) => {
    try {
      if (value !== undefined) parseDatabaseUrl(value);
    } catch (error) {
      if (!(error instanceof DatabaseUrlError)) throw error;
      context.addIssue(`${DATABASE_URL_FORMS} (this one ${error.problem})`);
    }
  });

const TIERS_EXAMPLE = 'write JSON like {"pro":{"reads":6000,"writes":1000}}';
const perMinute = z.int().min(1).max(10_000_000);

/** Limits by tier: what a tier does not name is as for everyone. */
export const rateLimitTiers = () =>
  z.preprocess(
    blankAsAbsent,
    z
      .string()
      .default('{}')
      .transform((value, context) => {
        try {
          return JSON.parse(value) as unknown;
        } catch {
          context.addIssue({ code: 'custom', message: TIERS_EXAMPLE });
          return z.NEVER;
        }
      })
      .pipe(
        z.record(
          z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
          z.strictObject(
            Object.fromEntries(tierClasses.map((name) => [name, perMinute.optional()])) as Record<
              (typeof tierClasses)[number],
              z.ZodOptional<typeof perMinute>
            >,
          ),
          { error: TIERS_EXAMPLE },
        ),
      ),
  );

/** `voyage/voyage-4=0.06,openai/my-model=0.01`: US dollars for a million tokens. */
export const prices = () =>
  z.preprocess(
    blankAsAbsent,
    z
      .string()
      .default('')
      .transform((value, context) => {
        const entries = value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '')
          .map((part) => /^([a-z]+\/[^=\s]+)=(\d+(?:\.\d+)?)$/.exec(part));
        if (entries.some((entry) => entry === null)) {
          context.addIssue(
            'write provider/model=dollars for a million tokens, separated by commas, like voyage/voyage-4=0.06',
          );
          return z.NEVER;
        }
        return Object.fromEntries(entries.map((entry) => [entry?.[1] ?? '', Number(entry?.[2])]));
      }),
  );

/** `key=value,key=value`, the values percent-encoded, as OpenTelemetry's variables have them. */
export const keyValues = (example: string) =>
  text().transform((value, context) => {
    if (value === undefined) return undefined;
    const pairs = value.split(',').map((part) => /^\s*([^=\s]+)\s*=(.*)$/.exec(part));
    try {
      return Object.fromEntries(
        pairs.map((pair) => {
          if (pair === null) throw new URIError('not a pair');
          return [pair[1] as string, decodeURIComponent((pair[2] as string).trim())];
        }),
      );
    } catch {
      context.addIssue(`write pairs like ${example}, separated by commas, with values percent-encoded`);
      return z.NEVER;
    }
  });
