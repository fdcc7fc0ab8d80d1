// @ts-check
/**
 * `npm run bench:http`: the cached GET of a context beside a static JSON route behind the same guards, and beside the
 * same route with every cache off. Interleaved rounds, medians; the load of the machine is printed.
 *
 * Uses `DATABASE_URL` and `REDIS_URL` where set (`npm run services` prints them), else the embedded database without
 * Redis.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
// @ts-expect-error The package brings no types.
import autocannon from 'autocannon';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '16' },
    json: { type: 'boolean' },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const CONTENT_BYTES = 4096;
const OPERATOR = `ks_bench_${'o'.repeat(40)}`;

/** @param {Record<string, string>} env */
async function startServer(env) {
  const dataDir = await mkdtemp(join(tmpdir(), 'keepsake-bench-http-'));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.mjs')], {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      NODE_ENV: 'production',
      KEEPSAKE_DATA_DIR: dataDir,
      KEEPSAKE_BOOTSTRAP_KEY: OPERATOR,
      RATE_LIMIT_READS_PER_MINUTE: '10000000',
      RATE_LIMIT_WRITES_PER_MINUTE: '10000000',
      BENCH_STATIC_BYTES: String(CONTENT_BYTES),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: url } = await lines.next();
  if (typeof url !== 'string' || !url.startsWith('http')) throw new Error(`the server did not start: ${url}`);
  return {
    url,
    async usage() {
      child.stdin.write('\n');
      return /** @type {{ cpuMicros: number, heapUsed: number, rss: number }} */ (
        JSON.parse((await lines.next()).value)
      );
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * @param {string} url
 * @param {string} path
 * @param {string} key
 * @param {object} [body]
 */
async function call(url, path, key, body) {
  const answer = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return { headers: answer.headers, body: /** @type {any} */ (await answer.json()) };
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** @param {Awaited<ReturnType<typeof startServer>>} server */
async function prepare(server) {
  const { body: key } = await call(server.url, '/v1/keys', OPERATOR, {
    name: 'bench',
    scopes: ['memory:read', 'memory:write'],
  });
  const { body: context } = await call(server.url, '/v1/contexts', key.key, {
    label: `bench/${process.pid}/${Math.random()}`,
    content: `# Bench\n\n${'words of a text '.repeat(CONTENT_BYTES / 16)}`.slice(0, CONTENT_BYTES),
  });
  return { key: key.key, path: `/v1/contexts/${context.id}` };
}

const cached = await startServer({});
const uncached = await startServer({ CACHE_ENABLED: 'false' });
try {
  const one = await prepare(cached);
  const other = await prepare(uncached);
  await call(cached.url, one.path, one.key);
  const status = (await call(cached.url, one.path, one.key)).headers.get('cache-status') ?? 'none';
  if (!status.includes('hit')) throw new Error(`the route is not cached: Cache-Status ${status}`);
  const subjects = [
    { name: 'static route', server: cached, path: '/bench/static', key: one.key },
    { name: 'cached GET', server: cached, path: one.path, key: one.key },
    { name: 'cached GET, 304', server: cached, path: one.path, key: one.key, revalidates: true },
    { name: 'uncached GET', server: uncached, path: other.path, key: other.key },
  ];
  const etag = (await call(cached.url, one.path, one.key)).headers.get('etag') ?? '';
  /** @type {Map<string, { rps: number[], p50: number[], p99: number[], cpu: number[], heap: number[] }>} */
  const results = new Map(subjects.map(({ name }) => [name, { rps: [], p50: [], p99: [], cpu: [], heap: [] }]));
  const loads = [];
  for (let round = 0; round < ROUNDS + 1; round++) {
    for (const { name, server, path, key, revalidates } of subjects) {
      loads.push(loadavg()[0] ?? 0);
      const before = await server.usage();
      const result = await autocannon({
        url: server.url + path,
        connections: Number(values.connections),
        duration: SECONDS,
        headers: { authorization: `Bearer ${key}`, ...(revalidates ? { 'if-none-match': etag } : {}) },
      });
      const after = await server.usage();
      if (result.errors > 0 || result['4xx'] > 0 || result['5xx'] > 0)
        throw new Error(`${name}: ${JSON.stringify(result)}`);
      // The first round warms up.
      if (round === 0) continue;
      const numbers = results.get(name);
      numbers?.rps.push(result.requests.average);
      numbers?.p50.push(result.latency.p50);
      numbers?.p99.push(result.latency.p99);
      numbers?.cpu.push((after.cpuMicros - before.cpuMicros) / result.requests.total);
      numbers?.heap.push(after.rss / 1024 / 1024);
    }
  }
  const rows = Object.fromEntries(
    [...results].map(([name, { rps, p50, p99, cpu, heap }]) => [
      name,
      {
        'requests/s': Math.round(median(rps)),
        'p50 ms': median(p50),
        'p99 ms': median(p99),
        'CPU us/request': Number(median(cpu).toFixed(1)),
        'RSS MiB': Math.round(median(heap)),
      },
    ]),
  );
  const rate = (/** @type {string} */ name) => rows[name]?.['requests/s'] ?? Number.NaN;
  const ratios = {
    'cached / static (at least 0.8)': Number((rate('cached GET') / rate('static route')).toFixed(2)),
    'cached / uncached (at least 5)': Number((rate('cached GET') / rate('uncached GET')).toFixed(2)),
  };
  const setting = `${process.env['DATABASE_URL'] ? 'PostgreSQL' : 'embedded database'}, ${process.env['REDIS_URL'] ? 'Redis' : 'no Redis'}`;
  const load = median(loads);
  if (values.json) console.log(JSON.stringify({ setting, rows, ratios, load }));
  else {
    console.log(
      `${setting}; ${values.connections} connections; median of ${ROUNDS} rounds of ${SECONDS} s; load ${load.toFixed(2)}`,
    );
    console.table(rows);
    console.table(ratios);
  }
} finally {
  await Promise.all([cached.stop(), uncached.stop()]);
}
