// @ts-check
import { paceOf } from '../pace.mjs';
import { DIMENSIONS } from '../source.mjs';
import { KeyRing } from './key-ring.mjs';

const VECTORS = 500;

/** @type {import('./measure.mjs').Measure} */
export const vectorReads = {
  title: `Vectors of ${DIMENSIONS.toLocaleString('en')} dimensions in Redis, one caller`,
  columns: [
    { metric: 'bytes', title: 'bytes in Redis (STRLEN)' },
    { metric: 'storeMicroseconds', title: 'microseconds for a miss with fill' },
    { metric: 'readMicroseconds', title: 'microseconds for a hit' },
    { metric: 'loads', title: 'loads by hits' },
  ],
  suits: ({ readVector }) => readVector !== undefined,
  async run({ subject, source, ms, token, bytesOf }) {
    const read = /** @type {(id: string) => Promise<unknown>} */ (subject.readVector);
    const ring = new KeyRing(VECTORS, token);
    const startMs = performance.now();
    for (const id of ring.ids) await read(id);
    const storeMicroseconds = (1_000 * (performance.now() - startMs)) / VECTORS;
    const { loads } = source;
    const { perSecond } = await paceOf(1, ms, () => read(ring.next()));
    return {
      bytes: await bytesOf(ring.next()),
      storeMicroseconds,
      readMicroseconds: 1_000_000 / perSecond,
      loads: source.loads - loads,
    };
  },
};
