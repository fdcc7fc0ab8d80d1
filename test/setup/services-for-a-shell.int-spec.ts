import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { until } from './services/until.mjs';

const SCRIPT = join(import.meta.dirname, 'services-for-a-shell.mjs');

/** Starts the script as a shell would, and reads the lines that it prints for that shell. */
async function startServices() {
  const { TEST_DATABASE_URL: _database, TEST_REDIS_URL: _redis, ...env } = process.env;
  const script = spawn(process.execPath, [SCRIPT], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const urls: Record<string, string> = {};
  for await (const line of createInterface({ input: script.stdout })) {
    const [, name = '', url = ''] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
    urls[name] = url;
    if (Object.keys(urls).length === 2) break;
  }
  return { script, databaseUrl: String(urls['TEST_DATABASE_URL']), redisUrl: String(urls['TEST_REDIS_URL']) };
}

async function answersSql(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  // A server that ends in the middle of an answer is reported twice: to the caller, and as an event.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function answersPing(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.quit();
    return true;
  } catch {
    return false;
  }
}

describe('services for a shell', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'serve until their script is ended by %s',
    async (signal) => {
      const { script, databaseUrl, redisUrl } = await startServices();
      expect(await answersSql(databaseUrl)).toBe(true);
      expect(await answersPing(redisUrl)).toBe(true);
      script.kill(signal);
      await once(script, 'exit');
      const gone = async () => !(await answersSql(databaseUrl)) && !(await answersPing(redisUrl));
      await until(gone, { timeoutMs: 15_000, what: 'the services to end' });
    },
    120_000,
  );
});
