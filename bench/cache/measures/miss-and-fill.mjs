// @ts-check
import { paceOf } from '../pace.mjs';
import { PACE_COLUMNS } from './columns.mjs';

const CALLERS = 64;

/** @type {import('./measure.mjs').Measure} */
export const missAndFill = {
  title: `Miss with fill, ${CALLERS} callers, a load that takes no time`,
  columns: PACE_COLUMNS,
  // What the bare client would do here is nothing: it stores without asking.
  suits: ({ readShared, readVector }) => readShared !== undefined && readVector !== undefined,
  async run({ subject, source, ms, token }) {
    let last = 0;
    const { loads } = source;
    const pace = await paceOf(CALLERS, ms, async () => subject.readShared?.(`${token}-${last++}`));
    return { ...pace, loads: source.loads - loads };
  },
};
