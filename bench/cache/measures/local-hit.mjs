// @ts-check
import { tightPaceOf } from '../pace.mjs';
import { PACE_COLUMNS } from './columns.mjs';
import { KeyRing } from './key-ring.mjs';

/** @type {import('./measure.mjs').Measure} */
export const localHit = {
  title: 'Hit in process, one caller, 1,000 keys (Keepsake: an immutable family)',
  columns: PACE_COLUMNS,
  suits: ({ readLocal }) => readLocal !== undefined,
  async run({ subject, source, ms, once }) {
    const read = /** @type {(id: string) => Promise<unknown>} */ (subject.readLocal);
    const ring = new KeyRing(1_000, 'local');
    await once('local', () => Promise.all(ring.ids.map(read)));
    const { loads } = source;
    const pace = await tightPaceOf(ms, () => read(ring.next()));
    return { ...pace, loads: source.loads - loads };
  },
};
