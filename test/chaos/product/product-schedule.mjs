// @ts-check
import fc from 'fast-check';
import { LINK_FAULTS } from '#test/chaos/fault-proxy.mjs';

/**
 * A step of a schedule, plain data. `at` is a process: 0 and 1 are servers, 2 is the worker. `workspace` is one of two.
 * `pick` is the seed of what there is to choose when the step is taken. `steps` is for how many further steps a fault
 * lasts.
 *
 * @typedef {{ do: 'write', at: number, workspace: number, operation: number, pick: number, byTool: boolean,
 *     repeats: boolean }
 *   | { do: 'read', at: number, workspace: number, pick: number }
 *   | { do: 'interrupt', at: number, workspace: number, operation: number, pick: number,
 *     next: 'repeat' | 'write', dies: boolean }
 *   | { do: 'list-first', at: number, workspace: number, pick: number }
 *   | { do: 'race', at: number, workspace: number, operation: number, pick: number }
 *   | { do: 'job', at: number, workspace: number, pick: number, by: 'retry' | 'backfill', isDead: boolean, isHeld: boolean,
 *     isByTool: boolean }
 *   | { do: 'link', at: number, to: 'cache' | 'database', fault: import('#test/chaos/fault-proxy.mjs').LinkFault, steps: number }
 *   | { do: 'suspend', at: number, steps: number }
 *   | { do: 'kill', at: number }
 *   | { do: 'clock', at: number }
 *   | { do: 'restart-database' }
 *   | { do: 'server', fault: string, node: number, pick: number, steps: number }
 * } Step
 */

export const WORKSPACES = 2;

const server = fc.nat(1);
const anyProcess = fc.nat(2);
const workspace = fc.nat(WORKSPACES - 1);
const pick = fc.nat(2 ** 31 - 1);
const steps = fc.integer({ min: 1, max: 4 });
const rarely = fc.nat(9).map((number) => number === 0);

/** A statement that was under way comes late or not at all; what is held for long is a database that hangs. */
const DATABASE_FAULTS = /** @type {const} */ (['reset', 'cut', 'slow', 'late-replies', 'silence']);

/** Of what is done in one session before it ends, or goes on in another project. */
const MOST_OF_A_SESSION = 4;

/**
 * @param {{ operations: number, sessionStart: number, sessionWork: readonly number[], serverFaults: readonly string[],
 *   serverFaultWeight: number, size: number }} options `sessionStart`: the operation that starts one. `sessionWork`: those
 *   that need one
 * @returns {fc.Arbitrary<Step[]>}
 */
export function productSchedules({ operations, sessionStart, sessionWork, serverFaults, serverFaultWeight, size }) {
  const operation = fc.nat(operations - 1);
  const write = fc.record({
    do: fc.constant('write'),
    at: server,
    workspace,
    operation,
    pick,
    byTool: rarely,
    repeats: rarely,
  });
  const read = fc.record({ do: fc.constant('read'), at: server, workspace, pick });
  const interrupt = fc.record({
    do: fc.constant('interrupt'),
    at: server,
    workspace,
    operation,
    pick,
    next: fc.constantFrom('repeat', 'write'),
    dies: rarely,
  });
  const listFirst = fc.record({ do: fc.constant('list-first'), at: server, workspace, pick });
  const race = fc.record({ do: fc.constant('race'), at: server, workspace, operation, pick });
  const job = fc.record({
    do: fc.constant('job'),
    at: server,
    workspace,
    pick,
    by: fc.constantFrom('retry', 'backfill'),
    isDead: fc.boolean(),
    isHeld: rarely,
    isByTool: fc.boolean(),
  });
  const toCache = fc.record({
    do: fc.constant('link'),
    at: anyProcess,
    to: fc.constant('cache'),
    fault: fc.constantFrom(...LINK_FAULTS, /** @type {const} */ ('late-invalidations')),
    steps,
  });
  const toDatabase = fc.record({
    do: fc.constant('link'),
    at: anyProcess,
    to: fc.constant('database'),
    fault: fc.constantFrom(...DATABASE_FAULTS),
    steps: fc.constant(1),
  });
  const suspend = fc.record({ do: fc.constant('suspend'), at: anyProcess, steps });
  const kill = fc.record({ do: fc.constant('kill'), at: anyProcess });
  const clock = fc.record({ do: fc.constant('clock'), at: anyProcess });
  const restart = fc.constant({ do: 'restart-database' });
  const faults = fc.record({
    do: fc.constant('server'),
    fault: fc.constantFrom(...serverFaults),
    node: fc.nat(5),
    pick,
    steps,
  });
  const one = (/** @type {fc.Arbitrary<any>} */ step) => step.map((/** @type {any} */ each) => [each]);
  /** What was stored while another had taken over, and is read when the old one is back. */
  const returning = fc
    .tuple(write, write, read)
    .map(([first, second, last]) => [
      first,
      { do: 'server', fault: 'primary-returns', node: first.pick % 3, pick: first.pick, steps: 1 },
      { ...second, workspace: first.workspace },
      { ...last, workspace: first.workspace },
    ]);
  /** Drawn one by one, what needs a session seldom finds one. */
  const session = fc
    .tuple(
      write,
      fc.array(fc.tuple(fc.constantFrom(...sessionWork), write), { minLength: 2, maxLength: MOST_OF_A_SESSION }),
    )
    .map(([first, others]) => [
      { ...first, operation: sessionStart },
      ...others.map(([work, each]) => ({ ...each, operation: work, workspace: first.workspace })),
    ]);
  const fragment = fc.oneof(
    { arbitrary: one(write), weight: 24 },
    { arbitrary: one(read), weight: 6 },
    { arbitrary: one(interrupt), weight: 8 },
    { arbitrary: one(race), weight: 5 },
    { arbitrary: session, weight: 3 },
    { arbitrary: one(listFirst), weight: 1 },
    { arbitrary: one(job), weight: 2 },
    { arbitrary: one(toCache), weight: 5 },
    { arbitrary: one(faults), weight: serverFaultWeight },
    ...(serverFaults.includes('primary-returns') ? [{ arbitrary: returning, weight: 1 }] : []),
    { arbitrary: one(toDatabase), weight: 1 },
    { arbitrary: one(suspend), weight: 1 },
    { arbitrary: one(kill), weight: 1 },
    { arbitrary: one(clock), weight: 1 },
    { arbitrary: one(restart), weight: 1 },
  );
  return fc.array(fragment, { minLength: 1, maxLength: size, size: 'max' }).map((fragments) => fragments.flat());
}
