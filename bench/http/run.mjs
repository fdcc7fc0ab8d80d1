// @ts-check
/**
 * `npm run bench:http`: the cached GET of a context beside a static JSON route behind the same guards, and beside the
 * same route with every cache off. Interleaved rounds, medians; the load of the machine is printed.
 *
 *   --services        on a PostgreSQL and a Redis of its own, else on those of DATABASE_URL and REDIS_URL where set, else
 *                     on the embedded database without Redis
 *   --profile         instead: where the time of the static route and of the cached GET goes, by part of the product
 *   --keep FOLDER     with --profile: keep the CPU profiles there, for Chrome's developer tools
 *   --rounds N --seconds N --connections N --json
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
// @ts-expect-error The package brings no types.
import autocannon from 'autocannon';
import { ensureBuilt } from '../../bin/ensure-built.mjs';
import { startPostgres } from '#test/setup/services/postgres.mjs';
import { startRedis } from '#test/setup/services/redis.mjs';
import { median } from '../median.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '16' },
    services: { type: 'boolean' },
    profile: { type: 'boolean' },
    keep: { type: 'string' },
    json: { type: 'boolean' },
  },
});
ensureBuilt();
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const CONTENT_BYTES = 4096;
const OPERATOR = `ks_bench_${'o'.repeat(40)}`;

/** @param {Record<string, string>} env */
async function startServer(env) {
  const dataDir = await mkdtemp(join(tmpdir(), 'keepsake-bench-http-'));
  const child = fork(join(import.meta.dirname, 'server.mjs'), {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      // As in production: the access log is written, to nowhere.
      LOG_LEVEL: 'info',
      // Nobody embeds here, and what is pending is not kept.
      EMBEDDING_PROVIDER: 'off',
      LOG_FORMAT: 'json',
      NODE_ENV: 'production',
      KEEPSAKE_DATA_DIR: dataDir,
      KEEPSAKE_BOOTSTRAP_KEY: OPERATOR,
      RATE_LIMIT_READS_PER_MINUTE: '10000000',
      RATE_LIMIT_WRITES_PER_MINUTE: '10000000',
      // A starved machine is not what is measured.
      REDIS_SOCKET_TIMEOUT: '1000',
      BENCH_STATIC_BYTES: String(CONTENT_BYTES),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ url }] = await once(child, 'message');
  return {
    url: String(url),
    /** @param {string} name see server.mjs @param {string} [file] */
    async order(name, file) {
      const answer = once(child, 'message');
      child.send({ name, file });
      return (await answer)[0];
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

const setting =
  `${values.services || process.env['DATABASE_URL'] ? 'PostgreSQL' : 'embedded database'}, ` +
  `${values.services || process.env['REDIS_URL'] ? 'Redis' : 'no Redis'}; ${values.connections} connections`;

/**
 * @typedef {{ name: string, server: Awaited<ReturnType<typeof startServer>>, path: string, headers: Record<string, string> }} Subject
 */

/** @param {Subject} subject @param {number} seconds */
async function load({ name, server, path, headers }, seconds) {
  const result = await autocannon({
    url: server.url + path,
    connections: Number(values.connections),
    duration: seconds,
    headers,
  });
  if (result.errors > 0 || result['4xx'] > 0 || result['5xx'] > 0)
    throw new Error(`${name}: ${JSON.stringify(result)}`);
  return result;
}

/** Interleaved rounds of all subjects; the first warms up. @param {readonly Subject[]} subjects */
async function measure(subjects) {
  /** @type {Map<string, { rps: number[], p50: number[], p99: number[], cpu: number[], rss: number[], bytes: number[] }>} */
  const results = new Map(
    subjects.map(({ name }) => [name, { rps: [], p50: [], p99: [], cpu: [], rss: [], bytes: [] }]),
  );
  const loads = [];
  for (let round = 0; round < ROUNDS + 1; round++) {
    for (const subject of subjects) {
      const { server } = subject;
      loads.push(loadavg()[0] ?? 0);
      const before = await server.order('usage');
      const { requests, latency } = await load(subject, SECONDS);
      const after = await server.order('usage');
      if (round === 0) continue;
      const numbers = results.get(subject.name);
      numbers?.rps.push(requests.average);
      numbers?.p50.push(latency.p50);
      numbers?.p99.push(latency.p99);
      numbers?.cpu.push((after.cpuMicros - before.cpuMicros) / requests.total);
      numbers?.rss.push(after.rss / 1024 / 1024);
    }
  }
  // Beside the rounds: sampling costs time.
  for (const subject of subjects) {
    await subject.server.order('allocations');
    const { requests } = await load(subject, Math.min(2, SECONDS));
    const { bytes } = await subject.server.order('allocated');
    results.get(subject.name)?.bytes.push(bytes / requests.total);
  }
  const rows = Object.fromEntries(
    [...results].map(([name, { rps, p50, p99, cpu, rss, bytes }]) => [
      name,
      {
        'requests/s': Math.round(median(rps)),
        'p50 ms': median(p50),
        'p99 ms': median(p99),
        'CPU us/request': Number(median(cpu).toFixed(1)),
        'KiB allocated/request': Number((median(bytes) / 1024).toFixed(1)),
        'RSS MiB': Math.round(median(rss)),
      },
    ]),
  );
  const rate = (/** @type {string} */ name) => rows[name]?.['requests/s'] ?? Number.NaN;
  const cpu = (/** @type {string} */ name) => rows[name]?.['CPU us/request'] ?? Number.NaN;
  const ratios = {
    'cached / static (at least 0.8)': Number((rate('cached GET') / rate('static route')).toFixed(2)),
    'the same by CPU time': Number((cpu('static route') / cpu('cached GET')).toFixed(2)),
    'cached / uncached (at least 5)': Number((rate('cached GET') / rate('uncached GET')).toFixed(2)),
    'the same by CPU time of the server': Number((cpu('uncached GET') / cpu('cached GET')).toFixed(2)),
  };
  const before = median(loads.slice(0, 1));
  if (values.json) console.log(JSON.stringify({ setting, rows, ratios, load: before, loads }));
  else {
    console.log(`${setting}; median of ${ROUNDS} rounds of ${SECONDS} s; load before ${before.toFixed(2)}`);
    console.table(rows);
    console.table(ratios);
  }
}

/** @param {readonly Subject[]} subjects */
async function profile(subjects) {
  /** @type {Record<string, Record<string, number>>} */
  const table = {};
  /** @type {Record<string, number>} */
  const totals = {};
  const before = loadavg()[0] ?? 0;
  for (const subject of subjects) {
    await load(subject, SECONDS);
    await subject.server.order('time');
    const { requests } = await load(subject, SECONDS);
    const file =
      values.keep === undefined ? '' : join(values.keep, `${subject.name.replaceAll(/\W+/g, '-')}.cpuprofile`);
    const micros = await subject.server.order('timed', file);
    for (const [part, time] of Object.entries(micros))
      (table[part] ??= {})[subject.name] = Number((time / requests.total).toFixed(2));
    totals[subject.name] = Number(
      (Object.values(micros).reduce((sum, time) => sum + time, 0) / requests.total).toFixed(1),
    );
  }
  const last = subjects.at(-1)?.name ?? '';
  const rows = Object.fromEntries(Object.entries(table).sort(([, a], [, b]) => (b[last] ?? 0) - (a[last] ?? 0)));
  if (values.json) console.log(JSON.stringify({ setting, microsPerRequest: rows, totals, load: before }));
  else {
    console.log(`${setting}; microseconds a request by part, with the profiler on; load before ${before.toFixed(2)}`);
    console.table({ ...rows, all: totals });
  }
}

const [postgres, redis] = values.services ? await Promise.all([startPostgres(), startRedis()]) : [];
const services = {
  ...(postgres === undefined ? {} : { DATABASE_URL: postgres.url }),
  ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
};
const cached = await startServer(services);
const uncached = values.profile ? undefined : await startServer({ ...services, CACHE_ENABLED: 'false' });
try {
  const one = await prepare(cached);
  await call(cached.url, one.path, one.key);
  const hit = await call(cached.url, one.path, one.key);
  const status = hit.headers.get('cache-status') ?? 'none';
  if (!status.includes('hit')) throw new Error(`the route is not cached: Cache-Status ${status}`);
  const headers = { authorization: `Bearer ${one.key}` };
  /** @type {Subject[]} */
  const subjects = [
    { name: 'static route', server: cached, path: '/bench/static', headers },
    { name: 'cached GET', server: cached, path: one.path, headers },
  ];
  if (uncached === undefined) await profile(subjects);
  else {
    const other = await prepare(uncached);
    const etag = hit.headers.get('etag') ?? '';
    subjects.push(
      { name: 'cached GET, 304', server: cached, path: one.path, headers: { ...headers, 'if-none-match': etag } },
      {
        name: 'uncached GET',
        server: uncached,
        path: other.path,
        headers: { authorization: `Bearer ${other.key}` },
      },
    );
    await measure(subjects);
  }
} finally {
  await Promise.all([cached.stop(), uncached?.stop()]);
  await Promise.all([postgres?.remove(), redis?.remove()]);
}
