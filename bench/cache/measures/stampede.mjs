// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { SLOW_LOAD_MS, slowId } from '../source.mjs';

const CALLERS = 10_000;
const PROCESSES = 4;

/** @type {import('./measure.mjs').Measure} */
export const stampede = {
  title: `${CALLERS.toLocaleString('en')} callers over ${PROCESSES} processes on one cold key whose load takes ${SLOW_LOAD_MS} ms`,
  columns: [
    { metric: 'loads', title: 'loads', over: 'sum' },
    { metric: 'ms', title: 'ms until the last has its answer', over: 'max' },
  ],
  processes: PROCESSES,
  suits: ({ readShared, readVector }) => readShared !== undefined && readVector !== undefined,
  async run({ subject, source, token, startAtMs }) {
    const id = slowId(token);
    await subject.readShared?.(`${token}-warm-${process.pid}`);
    const { loads } = source;
    await pause(Math.max(0, startAtMs - Date.now()));
    const startMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: CALLERS / PROCESSES }, async () => subject.readShared?.(id)),
    );
    const ms = performance.now() - startMs;
    if (answers.some((answer) => /** @type {{ id?: string } | undefined} */ (answer)?.id !== id)) {
      throw new Error('a caller has another answer');
    }
    return { loads: source.loads - loads, ms };
  },
};
