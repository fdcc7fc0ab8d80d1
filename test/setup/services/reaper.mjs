// @ts-check
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * What would stay behind if this process ended now. A process is asked with `signal` first and killed if that is not
 * enough, its descendants with it.
 *
 * @typedef {{ kind: 'process', pid: number, signal: NodeJS.Signals }
 *   | { kind: 'container', name: string }
 *   | { kind: 'volume', name: string }
 *   | { kind: 'folder', path: string }} Leftover
 */

/** @type {import('node:stream').Writable | undefined} */
let reaper;
let lastId = 0;

/**
 * Has a leftover cleared away when this process ends, in whatever way: normally, by a signal, by `kill -9`. That is
 * the work of a small process of its own, started with the first call.
 *
 * @param {Leftover} what
 * @returns {() => void} takes it off the list again, once it is cleared away
 */
export function removeAtTheEnd(what) {
  reaper ??= startReaper();
  const id = ++lastId;
  send(reaper, { add: id, what });
  return () => send(/** @type {import('node:stream').Writable} */ (reaper), { remove: id });
}

/**
 * @param {import('node:stream').Writable} input
 * @param {object} message
 */
function send(input, message) {
  input.write(`${JSON.stringify(message)}\n`);
}

function startReaper() {
  const script = fileURLToPath(new URL('./reaper-process.mjs', import.meta.url));
  // A session of its own: a terminal's Ctrl-C does not reach it.
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  const input = child.stdin;
  // An open pipe must not keep the owner alive: its closing is the very signal that the reaper waits for.
  if ('unref' in input && typeof input.unref === 'function') input.unref();
  // Should the reaper itself be killed, this process goes on and only loses its safety net.
  input.on('error', () => undefined);
  return input;
}
