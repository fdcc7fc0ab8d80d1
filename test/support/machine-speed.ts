/** What `fixedWork` takes of a processor of the machines that tests are made for, when nothing else runs there. */
const QUIET_MS = 40;
const STEPS = 400_000;

/**
 * How many times as long as on a quiet machine a fixed piece of work takes now; at least 1. Processes that share the caches
 * or the threads of a core with others, and virtual machines that wait for theirs, use twice the processor time for the same
 * work: what a test allows in milliseconds of a processor is to be multiplied by it.
 */
export function slowness(): number {
  return Math.max(1, Math.min(fixedWorkMs(), fixedWorkMs()) / QUIET_MS);
}

function fixedWorkMs(): number {
  const before = process.cpuUsage();
  const counts = new Map<string, number>();
  let state = 1;
  for (let step = 0; step < STEPS; step++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const word = `w${state % 5_000}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
