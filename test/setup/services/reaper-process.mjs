// @ts-check
/**
 * Runs beside a process that started services and outlives it by a moment. It reads from its standard input what
 * the owner has started; when that input ends, however the owner came to its end, it ends what is still listed.
 * One line is one JSON object: `{ add: <id>, what: {…} }` or `{ remove: <id> }`.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { descendantsOf, isAlive, sendSignal } from './process-table.mjs';
import { until } from './until.mjs';

const GRACE_MS = 2_000;

/** @type {Map<number, import('./reaper.mjs').Leftover>} */
const listed = new Map();

// A stray signal must not end this process before its work is done; the end of the input does.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if ('add' in message) listed.set(message.add, message.what);
  else listed.delete(message.remove);
}

const leftovers = [...listed.values()].reverse();
await endProcesses(leftovers.filter((leftover) => leftover.kind === 'process'));
for (const leftover of leftovers) remove(leftover);

/** @param {{ pid: number, signal: NodeJS.Signals }[]} processes */
async function endProcesses(processes) {
  const families = processes.flatMap(({ pid }) => [pid, ...descendantsOf(pid)]);
  for (const { pid, signal } of processes) {
    sendSignal(pid, 'SIGCONT');
    sendSignal(pid, signal);
  }
  await until(() => !families.some(isAlive), { timeoutMs: GRACE_MS }).catch(() => undefined);
  for (const pid of families) sendSignal(pid, 'SIGKILL');
}

/** @param {import('./reaper.mjs').Leftover} leftover */
function remove(leftover) {
  try {
    if (leftover.kind === 'container') docker('rm', '--force', leftover.name);
    if (leftover.kind === 'volume') docker('volume', 'rm', '--force', leftover.name);
    if (leftover.kind === 'folder') rmSync(leftover.path, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // Nobody is left to report it to, and the other leftovers still have to go.
  }
}

/** @param {string[]} args */
function docker(...args) {
  execFileSync('docker', args, { stdio: 'ignore' });
}
