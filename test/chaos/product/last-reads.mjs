// @ts-check
import { until } from '#test/setup/services/until.mjs';
import { mostlyReporting } from './choices.mjs';
import { expectedView } from './reader.mjs';
import { isSilent } from './reading-routes.mjs';
import { readingsOf } from './readings.mjs';

/** Of each workspace. */
const [READS_AT_THE_END, READS_AGAIN] = [12, 6];
/** Within which a read hits again, once all faults are over. */
const HIT_MS = 15_000;

/**
 * Everything works again: all reads on all servers show one and the same state.
 *
 * @param {readonly import('./open-workspace.mjs').Workspace[]} workspaces
 * @param {readonly import('./product-process.mjs').ProductProcess[]} servers
 * @param {import('./judge.mjs').Judge} judge
 * @param {import('./picks.mjs').Picks} picks
 */
export async function judgeTheEnd(workspaces, servers, judge, picks) {
  for (const { memory, reader } of workspaces) {
    const readings = picks.some(mostlyReporting(picks, readingsOf(memory, memory.states.likely)), READS_AT_THE_END);
    /** @type {(import("./reader.mjs").Observation & { server: import("./product-process.mjs").ProductProcess })[]} */
    const seen = [];
    for (const server of servers) {
      const all = await Promise.all(readings.map((reading) => reader.read(server, reading, { isQuiet: true })));
      seen.push(...all.flatMap((each) => (each === undefined ? [] : [{ server, ...each }])));
    }
    await requireHits(servers, reader, readings, judge);
    const missed = (/** @type {import('./workspace-state.mjs').WorkspaceState} */ state) =>
      seen.filter(({ reading, view }) => expectedView(reading, state) !== view);
    if (memory.states.settle((state) => missed(state).length === 0)) continue;
    const { likely } = memory.states;
    for (const { server, reading, view } of missed(likely).slice(0, 3)) {
      const expected = expectedView(reading, likely);
      judge.found('lost', `${server.name} ${reading.call.path} shows ${view} at the end, and not ${expected}`);
    }
  }
}

/**
 * What was read a moment ago is in the cache, on every server, without a restart.
 *
 * @param {readonly import('./product-process.mjs').ProductProcess[]} servers
 * @param {import('./reader.mjs').Reader} reader
 * @param {readonly import('./readings.mjs').Reading[]} readings
 * @param {import('./judge.mjs').Judge} judge
 */
async function requireHits(servers, reader, readings, judge) {
  const again = readings.filter((reading) => !isSilent(reading)).slice(0, READS_AGAIN);
  for (const server of servers) {
    const isHit = async () => {
      const seen = await Promise.all(again.map((reading) => reader.read(server, reading, { isQuiet: true })));
      return seen.some((each) => each?.isHit === true);
    };
    try {
      await until(isHit, { timeoutMs: HIT_MS, what: `a hit on ${server.name}` });
    } catch (error) {
      judge.found('no hits', String(error));
    }
  }
}
