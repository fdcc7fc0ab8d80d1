import { parseDurationMs } from '../duration.js';
import { cacheUsage, reasonOf } from '../usage.js';

/** The options that take a text. */
export interface Text {
  readonly scope?: string;
  readonly limit?: string;
  readonly project?: string;
  readonly session?: string;
  readonly context?: string;
  readonly user?: string;
  readonly tag?: string;
  readonly key?: string;
  readonly family?: string;
  readonly ttl?: string;
  readonly enabled?: string;
  readonly stale?: string;
  readonly 'stale-if-error'?: string;
  readonly reason?: string;
}

const DEFAULT_KEYS = 100;
const FAMILY = /^[a-z][a-z0-9-]{0,40}$/;

/** Of which family keys are listed, and how many at most. */
export function listingOf(
  name: string | undefined,
  { limit, all }: Text & { all: boolean },
): { family: string; most: number } {
  const family = familyOf(name, 'keys');
  if (limit !== undefined && all) throw cacheUsage('Write --limit or --all.');
  if (limit !== undefined && !/^[1-9]\d{0,6}$/.test(limit)) throw cacheUsage('--limit takes a number above 0.');
  return { family, most: all ? Number.MAX_SAFE_INTEGER : Number(limit ?? DEFAULT_KEYS) };
}

export type WarmTarget = { readonly project: string } | { readonly session: string } | { readonly user: string };

/** What is warmed; undefined: every project of the workspace. */
export function warmingOf({ project, session, user }: Text, all: boolean): WarmTarget | undefined {
  const chosen = [project, session, user, all || undefined].filter((choice) => choice !== undefined);
  if (chosen.length !== 1) throw cacheUsage('warm needs one of --project, --session, --user, --all.');
  if (project !== undefined) return { project };
  if (session !== undefined) return { session };
  return user === undefined ? undefined : { user };
}

const TARGETS = ['project', 'session', 'context', 'user', 'tag', 'key', 'family'] as const;

/** What falls, as `POST /v1/admin/cache/invalidations` takes it. */
export function invalidationOf(
  options: Text,
  all: boolean,
): { target: Readonly<Record<string, string | true>>; reason: string; what: string } {
  const chosen = TARGETS.filter((name) => options[name] !== undefined);
  if (chosen.length + (all ? 1 : 0) !== 1)
    throw cacheUsage(`invalidate needs one of ${TARGETS.map((name) => `--${name}`).join(', ')}, --all.`);
  const reason = reasonOf(options.reason, 'invalidate', cacheUsage);
  const [name] = chosen;
  if (name === undefined) return { target: { all: true }, reason, what: 'everything of all workspaces' };
  const value = options[name] ?? '';
  const what = name === 'family' ? `the family ${value} of all workspaces` : `the ${name} ${value}`;
  return { target: { [name]: value }, reason, what };
}

/** As `PATCH /v1/admin/cache/families/:name` takes it: what is left out stays; without any setting all are as the family declares them. */
export function settingsOf(
  name: string | undefined,
  options: Text,
): { family: string; settings: Readonly<Record<string, number | boolean>>; reason: string } {
  const family = familyOf(name, 'set');
  const { enabled } = options;
  if (enabled !== undefined && enabled !== 'true' && enabled !== 'false')
    throw cacheUsage('--enabled is true or false.');
  const settings = {
    ...durationOf(options, 'ttl', 'ttlMs'),
    ...durationOf(options, 'stale', 'staleMs'),
    ...durationOf(options, 'stale-if-error', 'staleIfErrorMs'),
    ...(enabled === undefined ? {} : { enabled: enabled === 'true' }),
  };
  return { family, settings, reason: reasonOf(options.reason, 'set', cacheUsage) };
}

function durationOf(
  options: Text,
  option: 'ttl' | 'stale' | 'stale-if-error',
  setting: string,
): Record<string, number> {
  const text = options[option];
  if (text === undefined) return {};
  const ms = parseDurationMs(text);
  if (ms === undefined) throw cacheUsage(`--${option} takes a time like 250ms, 30s, 5m, 12h or 7d.`);
  return { [setting]: ms };
}

function familyOf(name: string | undefined, action: string): string {
  if (name === undefined) throw cacheUsage(`${action} needs the name of a family; families lists them.`);
  if (!FAMILY.test(name)) throw cacheUsage(`${JSON.stringify(name)} is no name of a family; families lists them.`);
  return name;
}
