// @ts-check
import { paceOf } from '../pace.mjs';
import { PACE_COLUMNS, timesOf } from './columns.mjs';
import { sharedKeys } from './shared-hit.mjs';

const KEYS = 100;

/** @type {import('./measure.mjs').Measure} */
export const bulkRead = {
  title: `Bulk read of ${KEYS} hits from Redis, one caller, in values`,
  columns: [...PACE_COLUMNS, timesOf('bare MGET of the entries', 'bare-get'), timesOf('bare MGET', 'bare-mget')],
  suits: ({ readMany }) => readMany !== undefined,
  async run(bench) {
    const { subject, source, ms } = bench;
    const ring = await sharedKeys(bench);
    const { loads } = source;
    const pace = await paceOf(1, ms, async () => subject.readMany?.(ring.nextOf(KEYS)), KEYS);
    return { ...pace, loads: source.loads - loads };
  },
};
