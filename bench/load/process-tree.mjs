// @ts-check
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in these, 100 a second on every platform that is used. */
const MS_A_TICK = 10;

/**
 * Processor time of processes, of the children that they have waited for, and of their descendants where asked. 0 for those
 * that are gone.
 *
 * @param {readonly number[]} pids
 * @param {{ withDescendants?: boolean }} [options]
 * @returns {number} milliseconds
 */
export function cpuMsOf(pids, { withDescendants = false } = {}) {
  const all = withDescendants ? withDescendantsOf(pids) : pids;
  return all.reduce((sum, pid) => {
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = statOf(pid).slice(11, 15).map(Number);
    return sum + MS_A_TICK * (user + system + childUser + childSystem);
  }, 0);
}

/** @param {number} pid @returns {number} resident */
export function memoryMibOf(pid) {
  const status = read(`/proc/${pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** @param {readonly number[]} roots */
function withDescendantsOf(roots) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => /** @type {const} */ ([Number(name), Number(statOf(Number(name))[1])]));
  const all = new Set(roots);
  for (let before = -1; before !== all.size;) {
    before = all.size;
    for (const [pid, parent] of parents) if (all.has(parent)) all.add(pid);
  }
  return [...all];
}

/** @param {number} pid @returns {string[]} what follows the name of the program, which may hold spaces */
function statOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
