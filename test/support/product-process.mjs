// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#test/setup/services/free-port.mjs';
import { until } from '#test/setup/services/until.mjs';

const PROGRAM = join(import.meta.dirname, '../../bin/keepsake.mjs');
const START_TIMEOUT_MS = 60_000;

/**
 * Starts the product as a user does, in a data folder of its own; for programs that measure it, outside of the tests' runner.
 *
 * @param {'serve' | 'worker'} command
 * @param {Readonly<Record<string, string>>} env besides where it listens and keeps its data; nothing of this process but PATH
 *   and HOME
 * @param {{ stderr?: 'ignore' | 'inherit' }} [options]
 * @returns {Promise<{ url: string, pid: number, remove(): Promise<void> }>} ready
 */
export async function startProductProcess(command, env, { stderr = 'ignore' } = {}) {
  const [port, dataDir] = [await freePort(), await mkdtemp(join(tmpdir(), 'keepsake-process-'))];
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [PROGRAM, command], {
    cwd: dataDir,
    env: { PATH, HOME, PORT: String(port), WORKER_METRICS_PORT: String(port), KEEPSAKE_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'ignore', stderr],
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/health/ready`)).status === 200, {
    timeoutMs: START_TIMEOUT_MS,
    what: url,
  });
  return {
    url,
    pid: /** @type {number} */ (child.pid),
    async remove() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
