import { Client } from 'pg';
import { Redis } from 'ioredis';
import { type PostgresServer, startPostgres } from './postgres.mjs';
import { isAlive } from './process-table.mjs';
import { provisionServices } from './provision.mjs';
import { startCluster } from './redis-cluster.mjs';
import { startSentinelSet } from './redis-sentinel.mjs';
import { startRedis } from './redis.mjs';
import { until } from './until.mjs';

/** A key of the first slot, as CLUSTER KEYSLOT says. */
const SLOT_0 = '06S';

async function query(server: PostgresServer, sql: string) {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a private PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ durable: true });
  });
  afterAll(() => server.remove());

  it('is version 17 or newer and has pgvector', async () => {
    await query(server, 'CREATE EXTENSION vector');
    const [row] = await query(server, "SELECT '[1,2]'::vector <-> '[1,4]' AS distance, version() AS version");
    expect(row.distance).toBe(2);
    expect(Number(/PostgreSQL (\d+)/.exec(row.version)?.[1])).toBeGreaterThanOrEqual(17);
  });

  it('has every acknowledged commit after kill -9, on the same port', async () => {
    await query(server, 'CREATE TABLE acknowledged AS SELECT 1 AS id');
    const { pid, port } = server;
    await server.kill();
    expect(isAlive(Number(pid))).toBe(false);
    await expect(query(server, 'SELECT')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(server.port).toBe(port);
    expect(await query(server, 'SELECT id FROM acknowledged')).toEqual([{ id: 1 }]);
  });

  it('refuses a wrong password', async () => {
    const url = new URL(server.url);
    url.password = 'wrong';
    const client = new Client({ connectionString: url.href });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
  });
});

describe('a private Redis', () => {
  it('answers nothing while it is paused, and goes on after that', async () => {
    const server = await startRedis();
    const client = new Redis(server.url);
    try {
      await client.set('key', 'value');
      server.pause();
      let answered = false;
      const reading = client.get('key').then((value) => {
        answered = true;
        return value;
      });
      const refused = new Redis(server.url, { commandTimeout: 100, retryStrategy: () => null, lazyConnect: true });
      refused.on('error', () => undefined);
      await expect(refused.ping()).rejects.toThrow('Command timed out');
      refused.disconnect();
      expect(answered).toBe(false);
      server.resume();
      expect(await reading).toBe('value');
    } finally {
      client.disconnect();
      await server.remove();
    }
  });

  it('takes configuration, forgets by default, and can be started with an older dump', async () => {
    const server = await startRedis({ config: { maxmemory: '32mb', 'maxmemory-policy': 'noeviction' } });
    try {
      expect(await server.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', String(32 * 1024 * 1024)]);
      await server.command('SET', 'key', 'old');
      await server.keepDump();
      await server.command('SET', 'key', 'new');
      await server.kill();
      await server.putBackDump();
      await server.start();
      expect(await server.command('GET', 'key')).toBe('old');
    } finally {
      await server.remove();
    }
  });

  it('asks for its password', async () => {
    const server = await startRedis();
    const client = new Redis({ host: server.host, port: server.port, lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await expect(client.get('key')).rejects.toThrow('NOAUTH');
    } finally {
      client.disconnect();
      await server.remove();
    }
  });

  it('that cannot start says what it said', async () => {
    await expect(startRedis({ config: { 'no-such-directive': 'yes' } })).rejects.toThrow('no-such-directive');
  });
});

describe('a Cluster', () => {
  it('serves all slots from three nodes, and the others when one is lost', async () => {
    const cluster = await startCluster();
    const client = new Redis.Cluster(
      cluster.primaries.map(({ host, port }) => ({ host, port })),
      { redisOptions: { password: cluster.password } },
    );
    try {
      const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
      await Promise.all(keys.map((key) => client.set(key, key)));
      const sizes = await Promise.all(cluster.primaries.map((node) => node.command('DBSIZE')));
      expect(sizes.every((size) => size > 0)).toBe(true);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(keys.length);
      await cluster.primaries[2]?.kill();
      expect(await cluster.primaries[0]?.command('SET', SLOT_0, 'value')).toBe('OK');
    } finally {
      client.disconnect();
      await cluster.remove();
    }
  });

  it('has a replica take over the slots of a lost node', async () => {
    const cluster = await startCluster({ replicas: true });
    try {
      await cluster.primaries[0]?.kill();
      await until(async () => /role:master/.test(await cluster.replicas[0]?.command('INFO', 'replication')), {
        timeoutMs: 20_000,
        what: 'the replica to take over',
      });
    } finally {
      await cluster.remove();
    }
  }, 120_000);
});

describe('a Sentinel set', () => {
  it('agrees on another primary when it is asked to, and when the primary is lost', async () => {
    const set = await startSentinelSet({ replicas: 2 });
    try {
      const first = await set.primary();
      await first.command('SET', 'key', 'value');
      await first.command('WAIT', 2, 10_000);
      await set.failOver();
      const second = await set.primary();
      expect(second.port).not.toBe(first.port);
      expect(await second.command('GET', 'key')).toBe('value');
      await second.kill();
      await until(async () => (await set.primary()) !== second, { timeoutMs: 30_000, what: 'an election' });
    } finally {
      await set.remove();
    }
  }, 120_000);
});

describe('the services of a run', () => {
  it('are those that the environment names, which go on after the run', async () => {
    const [database, redis] = await Promise.all([startPostgres(), startRedis()]);
    try {
      const env = { TEST_DATABASE_URL: database.url, TEST_REDIS_URL: redis.url };
      const services = await provisionServices(env);
      expect(services.env).toEqual(env);
      expect(services.origins).toEqual(['PostgreSQL from TEST_DATABASE_URL', 'Redis from TEST_REDIS_URL']);
      await services.remove();
      await Promise.all([database.ping(), redis.ping()]);
    } finally {
      await Promise.all([database.remove(), redis.remove()]);
    }
  });

  it.each([
    ['TEST_DATABASE_URL', 'postgres://user@127.0.0.1:1/db'],
    ['TEST_REDIS_URL', 'redis://127.0.0.1:1'],
  ])('are refused where %s names one that does not answer', async (variable, url) => {
    const starting = provisionServices({ [variable]: url });
    await expect(starting).rejects.toThrow(`the one that ${variable} names cannot be used: connect ECONNREFUSED`);
  });

  it('are refused where TEST_DATABASE_URL names a role that may not create databases', async () => {
    const database = await startPostgres();
    try {
      await query(database, "CREATE ROLE reader LOGIN PASSWORD 'reader'");
      const url = `postgres://reader:reader@127.0.0.1:${database.port}/postgres`;
      await expect(provisionServices({ TEST_DATABASE_URL: url })).rejects.toThrow('its role may not create databases');
    } finally {
      await database.remove();
    }
  });

  it('are private ones where the environment names none, and are gone after the run', async () => {
    const services = await provisionServices({});
    const client = new Redis(services.env.TEST_REDIS_URL, { retryStrategy: () => null });
    client.on('error', () => undefined);
    expect(await client.ping()).toBe('PONG');
    const database = new Client({ connectionString: services.env.TEST_DATABASE_URL });
    database.on('error', () => undefined);
    await database.connect();
    expect((await database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await services.remove();
    await expect(client.ping()).rejects.toThrow();
    await expect(database.query('SELECT 1')).rejects.toThrow();
  });
});
