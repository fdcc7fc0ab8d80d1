import { Logger } from '@nestjs/common';
import { encodePayload } from '../entry-codec.js';
import { pauseFor } from '../pause.js';
import { type Binding, bindingOf } from '../stamps.js';
import type { BackgroundWork } from './background-work.js';
import type { CacheParts } from './cache-parts.js';
import type { Complaints } from './complaints.js';
import { prepareValue } from './prepared-value.js';
import { callSource } from './call-source.js';
import type { Reading } from './reading.js';

/** Compares a sample of hits with their source: what differs though nothing was invalidated is a write that fires no tags. */
export class DriftProbe {
  private readonly logger = new Logger('Cache');

  constructor(
    private readonly parts: CacheParts,
    private readonly background: BackgroundWork,
    private readonly complaints: Complaints,
  ) {}

  sample<Params, Value>(reading: Reading<Params, Value>, binding: Binding, value: Value): void {
    const { driftSampleRate } = this.parts.options;
    if (driftSampleRate === 0 || this.parts.random() > driftSampleRate) return;
    this.background.start(() => this.probe(reading, binding, value));
  }

  private async probe<Params, Value>(reading: Reading<Params, Value>, binding: Binding, value: Value): Promise<void> {
    const { state, key, stampKeys, load } = reading;
    const { store, invalidations } = this.parts;
    const fromSource = prepareValue(state, await callSource(state, load), this.complaints);
    if (fromSource === undefined) return;
    state.stats.driftProbes++;
    const served = encodePayload(state.family, value).encoded;
    if (served.payload.equals(fromSource.encoded.payload)) return;
    // A write that has just committed is allowed to differ until it is invalidated, which takes its writer this long.
    await pauseFor(invalidations.timing.invalidationBoundMs);
    const after = await store.read(key, stampKeys, 'binding');
    if (invalidations.isSuspect(stampKeys) || bindingOf(after.epoch, after.stamps) !== binding) return;
    state.stats.drifts++;
    this.logger.error(
      `A cached value of ${state.family.name} differs from its source though nothing invalidated it: a write does not fire its tags.`,
    );
  }
}
