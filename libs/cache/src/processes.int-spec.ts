import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from '#test/support/eventually.js';
import { freePort, startRedis } from '#test/support/services.js';
import { ChildCache } from './testing/child-cache.js';
import type { ThingKey } from './testing/test-families.js';
import { PATIENT } from './testing/test-engine.js';
import { testNamespace, testRedisUrl } from './testing/test-redis.js';

describe('the built cache in processes of their own', () => {
  let redis: Redis;
  let children: ChildCache[] = [];
  const namespace = testNamespace();
  let count = 0;

  beforeAll(() => {
    redis = new Redis(testRedisUrl());
  });

  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    children = [];
  });

  afterAll(() => redis.disconnect());

  async function start(number: number): Promise<ChildCache[]> {
    const settings = { redisUrl: testRedisUrl(), namespace, redis: PATIENT };
    children = await Promise.all(Array.from({ length: number }, () => ChildCache.start(settings)));
    return children;
  }

  const newThing = (): ThingKey => ({ workspace: 'w', id: `a thing: ${++count}` });

  it('T13 a key is the same in every process and run', async () => {
    const [a, b] = (await start(2)) as [ChildCache, ChildCache];
    const key = { workspace: 'w', id: 'a:b c/ü' };
    const golden = `${namespace}:v:thing@1:w:#UV-Ot_fQFeM0U4Atz3gtzWQzBhp3MwhX-mkKtfBUidM`;
    expect([await a.key(key), await b.key(key)]).toEqual([golden, golden]);
  });

  it('T6 process A writes and is answered; the next read of process B is fresh', async () => {
    const [a, b] = (await start(2)) as [ChildCache, ChildCache];
    const key = newThing();
    for (let version = 1; version <= 30; version++) {
      await a.write(key);
      expect(await b.read(key, version)).toBe(version);
      expect(await a.read(key, 'not asked')).toBe(version);
    }
  });

  it('2,000 callers over 4 processes on one cold key: one load', async () => {
    const processes = await start(4);
    const key = newThing();
    const keys = Array.from({ length: 500 }, () => key);
    const answers = await Promise.all(processes.map((child) => child.readMany(keys, 'value', 200)));
    expect(new Set(answers.flat())).toEqual(new Set(['value']));
    const loads = await Promise.all(processes.map((child) => child.loads()));
    expect(loads.reduce((sum, one) => sum + one, 0)).toBe(1);
  });

  it('a process that dies while it loads holds up the others no longer than its lease lives', async () => {
    const [a, b] = (await start(2)) as [ChildCache, ChildCache];
    const key = newThing();
    const entryKey = await a.key(key);
    const dying = a.read(key, 'never', 60_000).catch(() => 'died');
    await eventually(async () => (await redis.exists(entryKey)) === 1);
    await a.kill();
    expect(await dying).toBe('died');
    const startedMs = performance.now();
    expect(await b.read(key, 'value')).toBe('value');
    expect(performance.now() - startedMs).toBeLessThan(6_000);
  });

  it('T11 every counter has a life, also those of a process that was killed while it counted', async () => {
    const [a] = (await start(1)) as [ChildCache];
    a.countForEver();
    const counters = async () => {
      const found: string[] = [];
      for await (const page of redis.scanStream({ match: `${namespace}:c:*`, count: 1_000 }))
        found.push(...(page as string[]));
      return found;
    };
    await eventually(async () => (await counters()).length > 500);
    await a.kill();
    const lives = await Promise.all((await counters()).map((counter) => redis.pttl(counter)));
    expect(Math.min(...lives)).toBeGreaterThan(0);
  });

  it('speaks TLS, and trusts no certificate but a known one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keepsake-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const port = await freePort();
    const server = await startRedis({
      files: { 'key.pem': readFileSync(key, 'utf8'), 'certificate.pem': readFileSync(certificate, 'utf8') },
      config: {
        'tls-port': port,
        'tls-cert-file': 'certificate.pem',
        'tls-key-file': 'key.pem',
        'tls-ca-cert-file': 'certificate.pem',
        'tls-auth-clients': 'no',
      },
    });
    try {
      const settings = { redisUrl: `rediss://:${server.password}@localhost:${port}`, namespace: 'ks' };
      const [trusting, stranger] = [
        await ChildCache.start(settings, { NODE_EXTRA_CA_CERTS: certificate }),
        await ChildCache.start(settings),
      ];
      children = [trusting, stranger];
      await eventually(async () => (await trusting.health()).status === 'up');
      const thing = newThing();
      expect(await trusting.read(thing, 'value')).toBe('value');
      expect(await trusting.read(thing, 'not asked')).toBe('value');
      expect(await stranger.read(thing, 'own')).toBe('own');
      expect((await stranger.health()).problem).toMatch(/certificate/i);
    } finally {
      await server.remove();
      rmSync(folder, { recursive: true });
    }
  });
});
