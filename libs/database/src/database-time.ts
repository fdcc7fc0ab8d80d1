import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { sharedTime } from '#kernel';
import type { Database } from './database.js';

const EVERY_MS = 30_000;
/** A sample that took longer says too little of now. */
const LONGEST_SAMPLE_MS = 1_000;
/** Of several samples the shortest says most; one that is this short is good enough. */
const SHORT_SAMPLE_MS = 2;
const MOST_SAMPLES = 8;
/** What two clocks that are kept in step may differ by, besides what a sample can't know. */
const IN_STEP_MS = 20;

/**
 * Sets the time of this process by the clock of the database, so that processes on machines whose clocks differ agree on
 * what came first. The embedded database has the clock of this machine. A sample that fails is left out.
 */
@Injectable()
export class DatabaseTime implements OnModuleInit, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  /** @param database absent: the embedded one */
  constructor(private readonly database: Database | undefined) {}

  async onModuleInit(): Promise<void> {
    await this.sample();
    this.timer = setInterval(() => {
      this.running ??= this.sample().finally(() => (this.running = undefined));
    }, EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async sample(): Promise<void> {
    if (this.database === undefined) return sharedTime.set(Date.now());
    let best: Sample | undefined;
    for (let count = 0; count < MOST_SAMPLES && (best === undefined || best.tookMs > SHORT_SAMPLE_MS); count++) {
      const sample = await ask(this.database);
      if (sample === undefined) break;
      if (best === undefined || sample.tookMs < best.tookMs) best = sample;
    }
    if (best === undefined || best.tookMs > LONGEST_SAMPLE_MS) return;
    const sampleMs = best.nowMs + (performance.now() - best.atMs);
    const machineMs = Date.now();
    // The machine's own clock is exact, a sample is not: processes of one machine agree to the millisecond.
    const isInStep = Math.abs(sampleMs - machineMs) <= best.tookMs / 2 + IN_STEP_MS;
    sharedTime.set(isInStep ? machineMs : sampleMs);
  }
}

/** What the database said at a moment of the monotonic clock, wrong by at most half of what it took. */
interface Sample {
  readonly nowMs: number;
  readonly atMs: number;
  readonly tookMs: number;
}

async function ask(database: Database): Promise<Sample | undefined> {
  const startedMs = performance.now();
  const rows = await database
    .query<{ now_ms: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms')
    .catch(() => []);
  const atMs = performance.now();
  const nowMs = rows[0]?.now_ms;
  return nowMs === undefined ? undefined : { nowMs: nowMs + (atMs - startedMs) / 2, atMs, tookMs: atMs - startedMs };
}
