import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { isAlive } from './process-table.mjs';
import { until } from './until.mjs';

const RUNNING = pathToFileURL(join(import.meta.dirname, 'running.mjs')).href;
const REAPER = pathToFileURL(join(import.meta.dirname, 'reaper.mjs')).href;

/** Starts a program that has a child, registers a folder, reports the program's process id and waits. */
const OWNER = `
  import { Running } from ${JSON.stringify(RUNNING)};
  import { removeAtTheEnd } from ${JSON.stringify(REAPER)};
  const [, folder, beginning] = process.argv;
  removeAtTheEnd({ kind: 'folder', path: folder });
  const script = beginning + 'sleep 600 & echo $! > child; wait; wait';
  const running = new Running('sh', ['-c', script], { cwd: folder, logFile: folder + '/log', endSignal: 'SIGTERM' });
  console.log(running.pid);
  setInterval(() => undefined, 1000);
`;

async function startOwner(beginning = '') {
  const folder = await mkdtemp(join(tmpdir(), 'keepsake-reaper-'));
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', OWNER, folder, beginning], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  await until(() => existsSync(join(folder, 'child')), { what: 'the program to start its child' });
  return { owner, folder, pid: Number(line) };
}

describe('what a process leaves behind', () => {
  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('is cleared away after %s', async (signal) => {
    const { owner, folder, pid } = await startOwner();
    expect(isAlive(pid)).toBe(true);
    owner.kill(signal);
    await until(() => !isAlive(pid) && !existsSync(folder), { timeoutMs: 15_000, what: 'the leftovers to go' });
  });

  it('is killed when it does not end by itself', async () => {
    const { owner, folder, pid } = await startOwner("trap '' TERM; ");
    owner.kill('SIGKILL');
    await until(() => !isAlive(pid) && !existsSync(folder), { timeoutMs: 15_000, what: 'the leftovers to go' });
  });
});
