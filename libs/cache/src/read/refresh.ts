import { isEntry, nonceOf } from '../cache-entry.js';
import type { BackgroundWork } from './background-work.js';
import type { CacheParts } from './cache-parts.js';
import type { Misses } from './misses.js';
import { noteSeen, type Reading } from './reading.js';
import type { SourceReads } from './source-reads.js';

/**
 * Early refresh: an entry that is still served is loaded again in the background. One at a time: in this process by the
 * set of keys, across processes by the lease over the entry.
 */
export class Refreshes {
  private readonly keys = new Set<string>();

  constructor(
    private readonly parts: CacheParts,
    private readonly misses: Misses,
    private readonly source: SourceReads,
    private readonly background: BackgroundWork,
  ) {}

  /** @param nonce of the entry that is to be refreshed; '' where there is none in the shared tier */
  startLater<Params, Value>(reading: Reading<Params, Value>, nonce: string): void {
    const { key } = reading;
    if (nonce === '' || this.keys.has(key) || !this.parts.store.isOpen) return;
    this.keys.add(key);
    this.background.start(() => this.refresh({ ...reading }, nonce).finally(() => this.keys.delete(key)));
  }

  private async refresh<Params, Value>(reading: Reading<Params, Value>, nonce: string): Promise<void> {
    noteSeen(reading, await this.parts.store.read(reading.key, reading.stampKeys));
    const { entry } = reading.seen;
    if (entry === null || !isEntry(entry) || nonceOf(entry) !== nonce) return;
    const acquisition = await this.misses.acquire(reading, 'over-entry');
    if (acquisition.outcome !== 'acquired') return;
    reading.state.stats.refreshes++;
    await this.source.loadAndFill(reading, acquisition.grant, false);
  }
}
