import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { sharedTime } from '#kernel';
import type { Database } from './database.js';

const EVERY_MS = 30_000;
/** A sample that took longer says too little of now. */
const LONGEST_SAMPLE_MS = 1_000;

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
    const startedMs = performance.now();
    const rows = await this.database
      .query<{ now_ms: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms')
      .catch(() => []);
    const tookMs = performance.now() - startedMs;
    const nowMs = rows[0]?.now_ms;
    if (nowMs !== undefined && tookMs <= LONGEST_SAMPLE_MS) sharedTime.set(nowMs + tookMs / 2);
  }
}
