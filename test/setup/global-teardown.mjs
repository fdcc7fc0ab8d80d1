// @ts-check

/** Runs once after the last test, whether or not tests failed. */
export default async function globalTeardown() {
  const run = /** @type {Record<symbol, import('./test-run.mjs').TestRun | undefined>} */ (
    /** @type {unknown} */ (globalThis)
  )[Symbol.for('keepsake.test-run')];
  await run?.close();
}
