// @ts-check
import { paceOf } from '../pace.mjs';
import { PACE_COLUMNS, timesOf } from './columns.mjs';
import { chunksOf, KeyRing } from './key-ring.mjs';

const KEYS = 10_000;
const AT_ONCE = 64;

/**
 * @param {import('./measure.mjs').Bench} bench
 * @returns {Promise<KeyRing>} whose values are in Redis
 */
export async function sharedKeys({ subject, once }) {
  const ring = new KeyRing(KEYS, 'shared');
  const { readShared = async () => undefined, readTogether = (ids) => Promise.all(ids.map(readShared)) } = subject;
  await once('shared', async () => {
    for (const ids of chunksOf(ring.ids, AT_ONCE)) await readTogether(ids);
  });
  return ring;
}

/**
 * @param {number} callers
 * @returns {import('./measure.mjs').Measure}
 */
export function sharedHit(callers) {
  return {
    title: `Hit from Redis, ${callers === 1 ? 'one caller' : `${callers} callers`}, ${KEYS.toLocaleString('en')} keys, each in use once at a time`,
    columns: [...PACE_COLUMNS, timesOf('bare GET', 'bare-get'), timesOf('bare MGET', 'bare-mget')],
    suits: ({ readShared, readTogether }) => readShared !== undefined || (callers > 1 && readTogether !== undefined),
    async run(bench) {
      const { subject, source, ms } = bench;
      const { readShared, readTogether } = subject;
      const ring = await sharedKeys(bench);
      const { loads } = source;
      const pace =
        readShared === undefined
          ? await paceOf(1, ms, async () => readTogether?.(ring.nextOf(callers)), callers)
          : await paceOf(callers, ms, () => readShared(ring.next()));
      return { ...pace, loads: source.loads - loads };
    },
  };
}
