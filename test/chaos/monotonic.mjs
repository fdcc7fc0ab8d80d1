// @ts-check

/** Milliseconds on the machine's monotonic clock, the same one in every process: what happened first is comparable. */
export function monotonicMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
