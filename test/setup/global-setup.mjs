// @ts-check
import { openTestRun } from './test-run.mjs';

/**
 * Runs once before the first of the projects that need services. Their URLs reach the tests in the environment of
 * jest's workers; jest that is ended half-way leaves nothing running (see services/reaper.mjs).
 */
export default async function globalSetup() {
  const run = await openTestRun();
  Object.assign(process.env, run.env);
  Object.assign(globalThis, { [Symbol.for('keepsake.test-run')]: run });
  process.stderr.write(`${run.origins.join('\n')}\n`);
}
