// @ts-check
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Every process below this one, children first. A process that ends meanwhile may be missing or still listed.
 *
 * @param {number} ancestor
 * @returns {number[]}
 */
export function descendantsOf(ancestor) {
  const table = process.platform === 'linux' ? linuxProcessTable() : posixProcessTable();
  /** @type {number[]} */
  const found = [];
  for (let generation = [ancestor]; generation.length > 0;) {
    generation = table.filter(([, parent]) => generation.includes(parent)).map(([pid]) => pid);
    found.push(...generation);
  }
  return found;
}

/**
 * @param {number} pid
 * @returns {boolean} false also for a process that has ended and waits to be collected by its parent
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || linuxState(pid) !== 'Z';
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 * @returns {boolean} whether there was such a process
 */
export function sendSignal(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** @returns {[pid: number, parent: number][]} Linux, where a minimal system has no `ps` */
function linuxProcessTable() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const fields = linuxStat(Number(name));
      return fields ? [/** @type {[number, number]} */ ([Number(name), Number(fields[1])])] : [];
    });
}

/** @param {number} pid */
function linuxState(pid) {
  return linuxStat(pid)?.[0];
}

/**
 * The fields of proc(5)'s stat after the command's name, which may itself hold spaces and parentheses.
 *
 * @param {number} pid
 */
function linuxStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** @returns {[pid: number, parent: number][]} */
function posixProcessTable() {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /** @type {[number, number]} */ (line.trim().split(/\s+/).map(Number)));
}
