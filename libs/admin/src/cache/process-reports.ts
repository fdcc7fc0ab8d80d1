import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import {
  CacheEngine,
  type CacheStatsReport,
  CacheService,
  type FamilyStatsReport,
  hitRatesOf,
  type ServerState,
} from '#cache';
import { DatabaseConfig } from '#config';
import { Database } from '#database';
import { Clock, newId, messageOf } from '#kernel';

const EVERY_MS = 5_000;
/** A process that has said nothing for so long is gone. */
const GONE_AFTER_MS = 30_000;

interface ProcessReport {
  readonly processId: string;
  readonly reportedAt: Date;
  readonly stats: CacheStatsReport;
  /** Its in-process tier. */
  readonly local: LocalTierReport;
}

/** An in-process tier, or several as one. */
export interface LocalTierReport {
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly evictions: number;
}

/**
 * What each process counts, for those who ask for all of them: written down every five seconds where there can be
 * several, so that numbers of other processes are at most that old.
 */
@Injectable()
export class ProcessReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('admin');
  private readonly processId = newId();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly cache: CacheService,
    private readonly engine: CacheEngine,
    private readonly database: Database,
    private readonly config: DatabaseConfig,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.url === undefined) return;
    this.timer = setInterval(() => {
      this.running ??= this.report().finally(() => (this.running = undefined));
    }, EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
    if (this.config.url !== undefined)
      await this.database
        .query('DELETE FROM process_reports WHERE process_id = $1', [this.processId])
        .catch(() => undefined);
  }

  /** Of this process now. */
  own(): ProcessReport {
    return {
      processId: this.processId,
      reportedAt: this.clock.now(),
      stats: this.cache.stats(),
      local: this.engine.health().local,
    };
  }

  /** Of all processes: of this one now, of the others as they last said. */
  async collectAll(): Promise<readonly ProcessReport[]> {
    const since = new Date(this.clock.nowMs() - GONE_AFTER_MS);
    const rows = await this.database.query<{
      process_id: string;
      reported_at: Date;
      report: Pick<ProcessReport, 'stats' | 'local'>;
    }>('SELECT process_id, reported_at, report FROM process_reports WHERE reported_at > $1 AND process_id <> $2', [
      since,
      this.processId,
    ]);
    return [
      this.own(),
      ...rows.map(({ process_id, reported_at, report }) => ({
        processId: process_id,
        reportedAt: reported_at,
        stats: report.stats,
        local: report.local,
      })),
    ];
  }

  private async report(): Promise<void> {
    const { processId, reportedAt, ...report } = this.own();
    try {
      await this.database.query(
        `INSERT INTO process_reports (process_id, report, reported_at) VALUES ($1, $2, $3)
         ON CONFLICT (process_id) DO UPDATE SET report = excluded.report, reported_at = excluded.reported_at`,
        [processId, JSON.stringify(report), reportedAt],
      );
      await this.database.query('DELETE FROM process_reports WHERE reported_at < $1', [
        new Date(reportedAt.getTime() - 2 * GONE_AFTER_MS),
      ]);
    } catch (error) {
      this.logger.debug(`The statistics were not written down: ${messageOf(error)}`);
    }
  }
}

const ADDED = [
  'hits',
  'localHits',
  'sharedHits',
  'misses',
  'localMisses',
  'sharedMisses',
  'staleHits',
  'bypasses',
  'coalesced',
  'sets',
  'deletes',
  'errors',
  'corrupt',
  'drifts',
  'bytes',
  'savedUsd',
] as const satisfies readonly (keyof FamilyStatsReport)[];

/** Several processes as one. Counts are added; of the percentiles the slowest process is reported: they can't be added. */
export function sumStats(reports: readonly CacheStatsReport[]): CacheStatsReport {
  const names = [...new Set(reports.flatMap(({ families }) => Object.keys(families)))];
  return {
    families: Object.fromEntries(
      names.map((name) => [name, sumFamily(reports.flatMap(({ families }) => families[name] ?? []))]),
    ),
    totals: sumFamily(reports.map(({ totals }) => totals)),
    since: reports.map(({ since }) => since).toSorted()[0] ?? '',
  };
}

/** Servers behind the shared tier as one. */
export interface SharedTierReport {
  readonly bytes: number;
  /** Null where one of them has no limit. */
  readonly maxBytes: number | null;
  /** Keys of anybody. */
  readonly evictions: number;
}

export function sumServers(servers: readonly ServerState[]): SharedTierReport {
  const limits = servers.map(({ limitBytes }) => limitBytes);
  return {
    bytes: sumOf(servers.map(({ usedBytes }) => usedBytes)),
    maxBytes: limits.every((limit) => limit !== undefined) ? sumOf(limits) : null,
    evictions: sumOf(servers.map(({ evictions }) => evictions)),
  };
}

export function sumLocal(tiers: readonly LocalTierReport[]): LocalTierReport {
  const sum = (part: keyof LocalTierReport) => sumOf(tiers.map((tier) => tier[part]));
  return { entries: sum('entries'), bytes: sum('bytes'), maxBytes: sum('maxBytes'), evictions: sum('evictions') };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function sumFamily(reports: readonly FamilyStatsReport[]): FamilyStatsReport {
  const sum = Object.fromEntries(
    ADDED.map((name) => [name, reports.reduce((total, report) => total + report[name], 0)]),
  ) as Pick<FamilyStatsReport, (typeof ADDED)[number]>;
  return {
    ...sum,
    ...hitRatesOf(sum),
    p50Ms: slowest(reports.map(({ p50Ms }) => p50Ms)),
    p99Ms: slowest(reports.map(({ p99Ms }) => p99Ms)),
    hitAges: Array.from({ length: 10 }, (_, tenth) =>
      reports.reduce((total, { hitAges }) => total + (hitAges[tenth] ?? 0), 0),
    ),
  };
}

function slowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
