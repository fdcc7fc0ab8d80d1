import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, type WorkspaceId, messageOf } from '#kernel';
import type { ProviderName } from '../embedding.js';
import { UsageRepository } from '../persistence/usage.repository.js';
import { addUsage, NO_USAGE, type Usage, type UsageLine } from './usage.js';

const FLUSH_EVERY_MS = 5_000;

/**
 * Adds up what embedding costs and saves. Requests write nothing: sums are kept here and written every five seconds,
 * when they are asked for, and when the process stops; a crash loses at most those seconds. While the database is away
 * they are kept.
 */
@Injectable()
export class UsageLedger implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(UsageLedger.name);
  private pending = new Map<string, UsageLine>();
  private writing: Promise<void> = Promise.resolve();
  private interval: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    private readonly repository: UsageRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.interval = setInterval(() => void this.flushQuietly(), FLUSH_EVERY_MS);
    this.interval.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.interval);
    // What requests that are still under way record from now on is written at once.
    this.isStopping = true;
    await this.flushQuietly();
  }

  async record(
    workspaceId: WorkspaceId,
    model: { readonly provider: ProviderName; readonly model: string },
    usage: Partial<Usage>,
  ): Promise<void> {
    this.add({
      workspaceId,
      provider: model.provider,
      model: model.model,
      day: this.clock.now().toISOString().slice(0, 10),
      ...NO_USAGE,
      ...usage,
    });
    if (this.isStopping) await this.flushQuietly();
  }

  /** Writes what has added up. One write runs at a time. */
  flush(): Promise<void> {
    const written = this.writing.then(() => this.write());
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async write(): Promise<void> {
    if (this.pending.size === 0) return;
    const lines = this.pending;
    this.pending = new Map();
    try {
      // In one order everywhere, so that two processes never wait for each other's rows.
      await this.repository.add([...lines].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, line]) => line));
    } catch (error) {
      for (const line of lines.values()) this.add(line);
      throw error;
    }
  }

  private async flushQuietly(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.logger.warn(`The usage of embeddings could not be written yet: ${messageOf(error)}`);
    }
  }

  private add(line: UsageLine): void {
    const key = [line.workspaceId, line.provider, line.model, line.day].join('\n');
    this.pending.set(key, { ...line, ...addUsage(this.pending.get(key) ?? NO_USAGE, line) });
  }
}
