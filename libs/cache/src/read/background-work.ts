import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '#kernel';
import { Logger } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { encodePayload, prepareValue } from '../codec/payload.js';
import type { WarnOnce } from '../metrics/warn-once.js';
import { type Binding, bindingOf } from '../protocol/entry.js';
import { type CacheParts, callSource, type Reading } from './reading.js';

/**
 * Work that nobody waits for: refreshes, refills, probes, removals. It runs outside the request that started it, so it
 * takes no part in a transaction of that request. Its errors are logged, never thrown.
 */
export class BackgroundWork {
  private readonly logger = new Logger('Cache');
  private readonly running = new Set<Promise<unknown>>();
  private readonly outside = AsyncLocalStorage.snapshot();

  start(work: () => Promise<unknown>): void {
    const ended: Promise<unknown> = this.outside(work)
      .catch((error: unknown) => this.logger.debug(`Work in the background failed: ${messageOf(error)}`))
      .finally(() => this.running.delete(ended));
    this.running.add(ended);
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }
}

/** Compares a sample of hits with their source: what differs though nothing was invalidated is a write that fires no tags. */
export class DriftProbe {
  private readonly logger = new Logger('Cache');

  constructor(
    private readonly parts: CacheParts,
    private readonly background: BackgroundWork,
    private readonly warnOnce: WarnOnce,
  ) {}

  sample<Params, Value>(reading: Reading<Params, Value>, binding: Binding, value: Value): void {
    const { driftSampleRate } = this.parts.options;
    if (driftSampleRate === 0 || this.parts.random() > driftSampleRate) return;
    this.background.start(() => this.probe(reading, binding, value));
  }

  private async probe<Params, Value>(reading: Reading<Params, Value>, binding: Binding, value: Value): Promise<void> {
    const { state, key, stampKeys, load } = reading;
    const { store, invalidations } = this.parts;
    const fromSource = prepareValue(state, await callSource(state, load), this.warnOnce);
    if (fromSource === undefined) return;
    state.stats.driftProbes++;
    const served = encodePayload(state.family, value).encoded;
    if (served.payload.equals(fromSource.encoded.payload)) return;
    // A write that has just committed is allowed to differ until it is invalidated, which takes its writer this long.
    await pause(invalidations.timing.invalidationBoundMs);
    const after = await store.read(key, stampKeys, 'binding');
    if (invalidations.isUnconfirmed(stampKeys) || bindingOf(after.epoch, after.stamps) !== binding) return;
    state.stats.drifts++;
    this.logger.error(
      `A cached value of ${state.family.name} differs from its source though nothing invalidated it: a write does not fire its tags.`,
    );
  }
}
