import type { ExitCode } from '../cli-error.js';
import type { Progress } from '../terminal.js';
import { requireProject, type ServerClient } from '../server/server-client.js';
import { runServerCommand, serverCommand, type ServerCommand } from '../server/server-command.js';
import { CACHE_SYNOPSIS, cacheUsage } from '../usage.js';
import { type Job, waitForJob } from '../jobs/wait-for-job.js';
import type {
  CacheAdvice,
  CacheFamily,
  CacheHealth,
  CacheKey,
  CacheStats,
  CacheTest,
  Invalidation,
  Warming,
  WarmingResult,
  WarmingStarted,
} from './cache-answers.js';
import { invalidationOf, listingOf, settingsOf, type Text, warmingOf, type WarmTarget } from './parse-cache-call.js';
import {
  showAdvice,
  showFamilies,
  showHealth,
  showInvalidation,
  showKeys,
  showStats,
  showTest,
  showWarmings,
} from './show-cache.js';

interface CacheOptions extends Text {
  readonly all: boolean;
  readonly yes: boolean;
  readonly 'no-wait': boolean;
  readonly workspace: string;
  readonly json: boolean;
}

/** Asks the running server. Calls that change something need a reason, which it keeps, and a confirmation. */
export async function runCache(positionals: readonly string[], options: CacheOptions): Promise<ExitCode> {
  return runServerCommand(serverCommandOf(positionals, options), options, CACHE_SYNOPSIS);
}

const ROOT = '/v1/admin/cache';

/** Understands the whole call before anything is opened. */
function serverCommandOf([action = '', name]: readonly string[], options: CacheOptions): ServerCommand {
  const { scope } = options;
  switch (action) {
    case 'stats':
      if (scope !== undefined && scope !== 'all' && scope !== 'process') throw cacheUsage('--scope is all or process.');
      return serverCommand({
        run: (server) => server.call<CacheStats>('GET', `${ROOT}/stats`, { query: { scope } }),
        show: showStats,
      });
    case 'health':
      return serverCommand({
        run: (server) => server.call<CacheHealth>('GET', `${ROOT}/health`),
        show: showHealth,
        isWell: ({ status }) => status === 'up',
      });
    case 'test':
      return serverCommand({
        run: (server) => server.call<CacheTest>('POST', `${ROOT}/test`),
        show: showTest,
        isWell: ({ ok }) => ok,
      });
    case 'families':
      return serverCommand({
        run: (server) => server.call<{ items: CacheFamily[] }>('GET', `${ROOT}/families`),
        show: ({ items }) => showFamilies(items),
      });
    case 'advice':
      return serverCommand({
        run: (server) => server.call<{ items: CacheAdvice[] }>('GET', `${ROOT}/advice`),
        show: ({ items }) => showAdvice(items),
      });
    case 'keys': {
      const { family, most } = listingOf(name, options);
      return serverCommand({
        run: (server, progress) => listKeys(server, family, most, progress),
        show: ({ items, isMore }) => showKeys(items, isMore),
      });
    }
    case 'entry': {
      if (name === undefined) throw cacheUsage('entry needs a key, as keys shows it.');
      return serverCommand({
        run: (server) => server.call<CacheKey>('GET', `${ROOT}/entries/${encodeURIComponent(name)}`),
        show: (entry) => showKeys([entry], false),
      });
    }
    case 'warm': {
      const target = warmingOf(options, options.all);
      const wait = !options['no-wait'];
      return serverCommand({
        run: async (server, progress) => {
          await mustExist(server, target ?? {});
          return { items: await warm(server, target, { wait, progress }) };
        },
        show: ({ items }) => showWarmings(items),
        isWell: ({ items }) => items.every(({ state, cold }) => !wait || (state === 'completed' && cold.length === 0)),
      });
    }
    case 'invalidate': {
      const { target, reason, what } = invalidationOf(options, options.all);
      return serverCommand({
        danger: `Invalidating ${what} makes the next reads load it again.`,
        run: async (server) => {
          await mustExist(server, target);
          return server.call<Invalidation>('POST', `${ROOT}/invalidations`, { body: { ...target, reason } });
        },
        show: showInvalidation,
      });
    }
    case 'set': {
      const { family, settings, reason } = settingsOf(name, options);
      return serverCommand({
        danger: `Setting the family ${family} changes it for all workspaces and processes.`,
        run: (server) =>
          server.call<CacheFamily>('PATCH', `${ROOT}/families/${family}`, { body: { ...settings, reason } }),
        show: (changed) => showFamilies([changed]),
      });
    }
    default:
      throw cacheUsage(
        action === '' ? 'Say what to do with the cache.' : `There is no action ${JSON.stringify(action)}.`,
      );
  }
}

/** What a target names; of tags, keys and users only their values say. @throws DomainError where it is not there */
async function mustExist(server: ServerClient, target: Readonly<Record<string, string | true>>): Promise<void> {
  const { project, session, context } = target;
  if (typeof project === 'string') await requireProject(server, project);
  if (typeof session === 'string') await server.call('GET', `/v1/sessions/${encodeURIComponent(session)}`);
  if (typeof context === 'string') await server.call('GET', `/v1/contexts/${encodeURIComponent(context)}`);
}

async function listKeys(
  server: ServerClient,
  family: string,
  most: number,
  progress: Progress,
): Promise<{ items: CacheKey[]; isMore: boolean }> {
  const items: CacheKey[] = [];
  for await (const page of server.pages<CacheKey>(`${ROOT}/keys`, { family, limit: Math.min(most, 100) })) {
    items.push(...page);
    if (items.length > most) break;
    if (most > 100) progress.step(items.length, undefined, 'keys');
  }
  return { items: items.slice(0, most), isMore: items.length > most };
}

/**
 * Orders the warming of one target, or of every project of the workspace, and waits for each before the next is
 * ordered; with `wait: false` it only orders.
 */
async function warm(
  server: ServerClient,
  target: WarmTarget | undefined,
  { wait, progress }: { readonly wait: boolean; readonly progress: Progress },
): Promise<Warming[]> {
  const targets = target === undefined ? await projectsOf(server) : [target];
  const warmings: Warming[] = [];
  for (const one of targets) {
    const { job, bounds } = await server.call<WarmingStarted>('POST', '/v1/admin/cache/warm', { body: one });
    // Of one target its steps are reported, of many how many are done.
    const reported = ({ steps }: Job) => {
      if (targets.length === 1 && steps !== null) progress.step(steps.done, steps.total, 'warmed');
    };
    const ended = wait ? await waitForJob<WarmingResult>(server, job.id, reported) : job;
    warmings.push(toWarming(nameOf(one), ended, bounds));
    if (targets.length > 1) progress.step(warmings.length, targets.length, wait ? 'warmed' : 'ordered');
  }
  return warmings;
}

function toWarming(target: string, job: Job<WarmingResult>, bounds: WarmingStarted['bounds']): Warming {
  return {
    target,
    job: job.id,
    state: job.state,
    failure: job.failure,
    targets: job.result?.targets ?? null,
    warmed: job.result?.warmed ?? null,
    cold: job.result?.cold ?? [],
    isMore: job.result?.isMore ?? false,
    bounds,
  };
}

function nameOf(target: WarmTarget): string {
  return Object.values(target)[0] as string;
}

async function projectsOf(server: ServerClient): Promise<WarmTarget[]> {
  const targets: WarmTarget[] = [];
  for await (const page of server.pages<{ slug: string }>('/v1/projects'))
    targets.push(...page.map(({ slug }) => ({ project: slug })));
  return targets;
}
