import { formatDuration } from '../duration.js';
import { textTable } from '../terminal.js';
import type {
  CacheAdvice,
  CacheFamily,
  CacheHealth,
  CacheKey,
  CacheStats,
  CacheTest,
  FamilyCounts,
  Invalidation,
  Warming,
} from './cache-answers.js';

const NONE = '–';
const STAT_COLUMNS = [
  'family',
  'hits',
  'misses',
  'hit rate',
  'stale',
  'sets',
  'deletes',
  'errors',
  'p50',
  'p99',
  'saved',
];

export function showStats({ families, totals, tiers, breaker, processes, since }: CacheStats): string {
  const rows = Object.entries(families)
    .filter(([, counts]) => counts.hits + counts.misses + counts.sets + counts.errors > 0)
    .toSorted(([, a], [, b]) => b.hits + b.misses - (a.hits + a.misses))
    .map(([name, counts]) => statRow(name, counts));
  const { local, shared } = tiers;
  return [
    `Since ${since}, ${processes === 1 ? 'one process' : `${processes} processes`}; ${shared.mode}${shared.server === null ? '' : ` (${shared.server})`}, breaker ${breaker}; in process ${local.entries} entries, ${mebibytes(local.bytes)} of ${mebibytes(local.maxBytes)}`,
    textTable(STAT_COLUMNS, [...rows, statRow('all', totals)]),
  ].join('\n');
}

function statRow(name: string, counts: FamilyCounts): (string | number)[] {
  const { hits, misses, hitRate, staleHits, sets, deletes, errors, p50Ms, p99Ms, savedUsd } = counts;
  const percent = hitRate === null ? NONE : `${(hitRate * 100).toFixed(1)} %`;
  return [
    name,
    hits,
    misses,
    percent,
    staleHits,
    sets,
    deletes,
    errors,
    duration(p50Ms),
    duration(p99Ms),
    dollars(savedUsd),
  ];
}

export function showHealth({ status, mode, breaker, problem, server, missingFeatures, servers }: CacheHealth): string {
  return [
    `${status}: ${mode}${server === null ? '' : `, ${server}`}, breaker ${breaker}`,
    ...(problem === null ? [] : [problem]),
    ...missingFeatures.map((feature) => `missing feature: ${feature}`),
    ...(servers ?? []).map(
      ({ uptimeSeconds, clients, operationsPerSecond }) =>
        `Redis: up for ${formatDuration(uptimeSeconds * 1_000)}, ${clients} clients, ${operationsPerSecond} operations a second`,
    ),
  ].join('\n');
}

export function showTest({ ok, tier, roundTripMs, problem }: CacheTest): string {
  const what = tier === 'shared' ? 'The shared tier' : 'The cache in the process';
  return ok ? `${what} answers in ${duration(roundTripMs)}.` : `${what} does not answer: ${problem}`;
}

export function showFamilies(items: readonly CacheFamily[]): string {
  return textTable(
    ['family', 'kind', 'enabled', 'ttl', 'negative', 'stale', 'stale if error'],
    items.map(({ name, mutable, policy }) => [
      name,
      mutable ? 'mutable' : 'immutable',
      policy.enabled ? 'yes' : 'no',
      formatDuration(policy.ttlMs),
      duration(policy.negativeTtlMs),
      duration(policy.staleMs || null),
      duration(policy.staleIfErrorMs || null),
    ]),
  );
}

export function showKeys(items: readonly CacheKey[], isMore: boolean): string {
  if (items.length === 0) return 'There are no keys.';
  const rows = items.map(({ key, bytes, ttlMs }) => [key, bytes ?? NONE, duration(ttlMs)]);
  return `${textTable(['key', 'bytes', 'ttl'], rows)}${isMore ? '\nThere are more: --limit or --all shows them.' : ''}`;
}

export function showAdvice(items: readonly CacheAdvice[]): string {
  if (items.length === 0) return 'Nothing to advise: too little was read, or all is well.';
  return textTable(
    ['family', 'ttl', 'advised', 'because'],
    items.map(({ family, ttlMs, advisedTtlMs, reason }) => [
      family,
      formatDuration(ttlMs),
      formatDuration(advisedTtlMs),
      reason,
    ]),
  );
}

export function showInvalidation({ invalidated, deletedEntries }: Invalidation): string {
  const what = invalidated === 'all' ? 'everything' : `the ${invalidated}`;
  return `Invalidated ${what}${deletedEntries === null ? '' : ` (${deletedEntries} entries deleted)`}.`;
}

export function showWarmings(items: readonly Warming[]): string {
  return items.flatMap(showWarming).join('\n');
}

function showWarming({ target, job, state, failure, targets, warmed, cold, isMore, bounds }: Warming): string[] {
  if (state === 'completed')
    return [
      `${target}: warmed ${warmed} of ${targets}${isMore ? `; there is more than the ${bounds.targets} that one job warms` : ''}`,
      ...cold.map(({ project, session, parts }) => `  ${session ?? project}: ${parts.join(', ')} stayed cold`),
    ];
  if (failure !== null && state === 'failed') return [`${target}: ${failure.message}`];
  return [`${target}: the job ${job} is ${state}`];
}

function duration(ms: number | null): string {
  return ms === null ? NONE : formatDuration(ms);
}

function dollars(usd: number): string {
  return usd === 0 ? NONE : `$${usd.toFixed(4)}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
