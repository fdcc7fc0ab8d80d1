import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#config';
import { productRoot } from '#kernel';
import { CliError, ExitCode } from '../cli-error.js';
import { findServer } from '../server/find-server.js';

const BENCH = join(productRoot(), 'bench');

/** What an operator wants to know of a Redis: the cache beside the bare client. The other libraries are for developers. */
const ENTRANTS = 'keepsake,bare-get,bare-mget,bare-batch';
const MEASURES =
  'local-hit,shared-hit-1,shared-hit-64,bulk-read,tag-invalidation-10,tag-invalidation-1000,vector-reads';
const ROUNDS = 3;

/** Reads, searches and writes through the running server, in a project of their own that is deleted at the end. */
export async function benchServer(of: {
  readonly seconds: number;
  readonly callers: number;
  readonly workspace: string;
  readonly json: boolean;
}): Promise<ExitCode> {
  const server = await findServer(loadConfig(process.env), of.workspace);
  // Whether it answers, and to this key, is reported before anything is measured.
  const { status } = await server.call<{ status?: string }>('GET', '/v1/admin/cache/health');
  if (status === undefined) throw server.foreign();
  const { url, key, workspace } = server.address;
  const args = ['--seconds', String(of.seconds), '--callers', String(of.callers), ...(of.json ? ['--json'] : [])];
  return runScript('server/run.mjs', args, { BENCH_URL: url, BENCH_KEY: key, BENCH_WORKSPACE: workspace });
}

/** The cache on the Redis of `REDIS_URL`, beside the bare client. Only keys of this run are touched, and removed. */
export async function benchRedis({
  seconds,
  json,
}: {
  readonly seconds: number;
  readonly json: boolean;
}): Promise<ExitCode> {
  const { redisUrl } = loadConfig(process.env).cache;
  if (redisUrl === undefined) throw new CliError('keepsake bench redis needs REDIS_URL.', ExitCode.configuration);
  const folder = mkdtempSync(join(tmpdir(), 'keepsake-bench-'));
  const file = join(folder, 'report.json');
  try {
    const args = ['--rounds', String(ROUNDS), '--seconds', String(seconds)];
    const exitCode = await runScript(
      'cache/run.mjs',
      [...args, '--only', MEASURES, '--entrants', ENTRANTS, ...(json ? ['--json', file] : [])],
      // Not as an argument: others see those, and the password in it.
      { BENCH_REDIS_URL: redisUrl },
      json,
    );
    if (json && existsSync(file)) console.log(JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))));
    return exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  isQuiet = false,
): Promise<ExitCode> {
  const path = join(BENCH, script);
  if (!existsSync(path)) throw new CliError(`This installation has no ${path}.`, ExitCode.unavailable);
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', isQuiet ? 'ignore' : 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  // 1: it was measured, and something was not as wanted. Else it has said what went wrong.
  return code === 0 ? ExitCode.ok : code === 1 ? ExitCode.refused : ExitCode.unavailable;
}
