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

/** Linux counts processor time in these, 100 a second on every platform that is used. */
const MS_A_TICK = 10;

/**
 * Processor time of a process and of the children that it has waited for. Linux alone.
 *
 * @param {number} pid
 * @returns {number} milliseconds; 0 where it is gone
 */
export function cpuMsOf(pid) {
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = (linuxStat(pid) ?? []).slice(11, 15).map(Number);
  return MS_A_TICK * (user + system + childUser + childSystem);
}

/**
 * Resident memory of a process.
 *
 * @param {number} pid
 * @returns {number} NaN where it is gone
 */
export function residentBytesOf(pid) {
  try {
    const kibibytes =
      process.platform === 'linux'
        ? /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
    return Number(kibibytes) * 1024;
  } catch {
    return Number.NaN;
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
