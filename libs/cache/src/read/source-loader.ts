import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { Binding } from '../protocol/entry.js';
import type { BackgroundWork } from './background-work.js';
import type { Load, ReadOptions } from './read-options.js';
import { type CacheParts, callSource, type Reading } from './reading.js';
import type { WarnOnce } from '../metrics/warn-once.js';
import type { FamilyState } from '../families/registry.js';
import { FreshLoads } from './load-sharing.js';
import type { EntryWriter, Grant, LoadTimes } from './entry-writer.js';
import { prepareValue, cloneForCaller } from '../codec/payload.js';
import type { Fallback } from './shared-reader.js';

/** Answers from the source: with the right to fill, without it, or past the cache altogether. */
export class SourceLoader {
  private readonly logger = new Logger('Cache');
  private readonly freshLoads = new FreshLoads();
  /** Set in a load whose value is stored. */
  private readonly filling = new AsyncLocalStorage<true>();

  constructor(
    private readonly parts: CacheParts,
    private readonly fills: EntryWriter,
    private readonly background: BackgroundWork,
    private readonly warnOnce: WarnOnce,
  ) {}

  /**
   * What is read in the load of another value does not wait until it is stored: it goes out with the outer value, in one
   * command where nothing else is waited for in between. Whoever reads it later on this connection finds it.
   * @throws the source's own error, which is remembered only where the family says so and nothing better is there
   */
  async loadAndFill<Params, Value>(
    reading: Reading<Params, Value>,
    grant: Grant,
    hasFallback: boolean,
  ): Promise<Value> {
    const { state, load } = reading;
    const loadedAtMs = this.parts.clock.nowMs();
    const startedMs = performance.now();
    const endRenewal = this.fills.renewWhileLoading(reading, grant);
    let value: Value;
    try {
      value = await this.filling.run(true, () => callSource(state, load));
    } catch (error) {
      endRenewal();
      await this.loadFailed(reading, grant, error, { loadedAtMs, loadMs: 0 }, hasFallback);
      throw error;
    }
    endRenewal();
    const loadMs = performance.now() - startedMs;
    state.stats.loadLatency.observe(loadMs);
    const prepared = prepareValue(state, value, this.warnOnce);
    if (prepared === undefined) {
      await this.fills.release(reading, grant);
      return value;
    }
    const fill = () => this.fills.fill(reading, grant, prepared, { loadedAtMs, loadMs });
    if (this.filling.getStore() === true) this.background.start(fill);
    else await fill();
    return prepared.value;
  }

  /**
   * Loads without the right to fill.
   * @param binding epoch and stamps from before this call, where they are known: then this process may keep the value
   */
  async loadOnly<Params, Value>(reading: Reading<Params, Value>, binding: Binding | undefined): Promise<Value> {
    const { state, params, load } = reading;
    const loadedAtMs = this.parts.clock.nowMs();
    const startedMs = performance.now();
    const value = await callSource(state, load);
    const prepared = prepareValue(state, value, this.warnOnce);
    if (prepared === undefined) return value;
    const loadMs = performance.now() - startedMs;
    state.stats.loadLatency.observe(loadMs);
    const hardMs = this.fills.lifeOf(state, prepared.value, params);
    if (state.keepsLocal && hardMs > 0 && (state.answersByKey || binding !== undefined)) {
      const size = prepared.encoded.payload.length;
      this.fills.keepLocal(reading, prepared.value, binding, '', { loadedAtMs, loadMs }, hardMs, size);
    }
    return prepared.value;
  }

  /** Past the cache. What the source gives is the caller's alone, as it is. */
  bypass<Params, Value>(
    state: FamilyState<Params, Value>,
    load: Load<Value>,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    state.stats.bypasses++;
    options?.report?.({ status: 'bypass', tier: 'source', ageMs: 0, remainingMs: undefined });
    return callSource(state, load);
  }

  /**
   * Past the cache, in the same shape as from it: the shared tier is unavailable or may not be trusted for a while. Callers
   * share loads that begin after they came.
   */
  async bypassForNow<Params, Value>({ state, key, load, options }: Reading<Params, Value>): Promise<Value> {
    const value = await this.freshLoads.load(key, state.policy.loadTimeoutMs, async () => {
      const loaded = await callSource(state, load);
      return prepareValue(state, loaded, this.warnOnce)?.value ?? loaded;
    });
    state.stats.bypasses++;
    options?.report?.({ status: 'bypass', tier: 'source', ageMs: 0, remainingMs: undefined });
    return cloneForCaller(state, value);
  }

  /** An expired value instead of the error, where the family allows it. */
  serveFallback<Params, Value>(
    { state, options }: Reading<Params, Value>,
    error: unknown,
    fallback: Fallback<Value> | undefined,
  ): Value {
    if (fallback === undefined) throw error;
    state.stats.staleHits++;
    const ageMs = Math.max(0, this.parts.clock.nowMs() - fallback.loadedAtMs);
    options?.report?.({ status: 'stale', tier: 'shared', ageMs, remainingMs: fallback.hardMs - ageMs });
    this.logger.debug(`The source of ${state.family.name} failed; an expired value is served: ${messageOf(error)}`);
    return fallback.value;
  }

  private async loadFailed<Params, Value>(
    reading: Reading<Params, Value>,
    grant: Grant,
    error: unknown,
    times: LoadTimes,
    hasFallback: boolean,
  ): Promise<void> {
    const { failures } = reading.state.family.definition;
    const remembered = hasFallback || grant.overEntry ? undefined : failures?.encode(error);
    if (failures === undefined || remembered === undefined) return this.fills.release(reading, grant);
    await this.fills.fillFailure(reading, grant, remembered, failures.ttlMs, times);
  }
}
