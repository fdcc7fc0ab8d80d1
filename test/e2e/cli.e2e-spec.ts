import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { api } from '#test/support/api.js';
import { type Ended, runKeepsake } from '#test/support/child.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { createKeepsake, type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { freePort } from '#test/support/services.js';

const BUNDLE = join(import.meta.dirname, '../../dist/bundle');

interface NewKey {
  readonly id: string;
  readonly key: string;
}

/** What a command printed with `--json`; it must have printed nothing else. */
function parsed<Result = any>({ code, stdout, stderr }: Ended): Result {
  if (code !== 0) throw new Error(`the command failed with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as Result;
}

/** @param files of the bundle, by name or address */
function bytesOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(join(BUNDLE, basename(file))).size, 0);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((settle) => {
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

describe('keepsake', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is understood as a whole or refused with how to call it', async () => {
    const run = (...args: string[]) => runKeepsake(args, { cwd: folder });
    const [help, version, command, option] = await Promise.all([
      run(),
      run('--version'),
      run('swerve'),
      run('serve', '--prot', '3000'),
    ]);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: keepsake <command>'), stderr: '' });
    for (const name of ['serve', 'worker', 'migrate', 'keys', 'cache', 'bench', 'doctor'])
      expect(help.stdout).toContain(`\n  ${name}`);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    for (const [ended, reported] of [
      [command, 'swerve'],
      [option, '--prot'],
    ] as const) {
      expect(ended).toMatchObject({ code: 64, stdout: '' });
      expect(ended.stderr).toContain(reported);
      expect(ended.stderr).toContain('Usage: keepsake');
    }
    expect(existsSync(join(folder, '.keepsake'))).toBe(false);
  }, 120_000);

  it('reports its version and a typing error without loading a server', async () => {
    const calls = [['--version'], ['help'], ['serve', '--prot', '3000'], ['cache', 'invalidate', '--everything']];
    for (const [number, args] of calls.entries()) {
      const NODE_V8_COVERAGE = join(folder, String(number));
      await runKeepsake(args, { cwd: folder, env: { NODE_V8_COVERAGE } });
      const [file = ''] = await readdir(NODE_V8_COVERAGE);
      const { result } = JSON.parse(await readFile(join(NODE_V8_COVERAGE, file), 'utf8')) as {
        result: { url: string }[];
      };
      const loaded = result.map(({ url }) => url);
      const loadedFrom = (part: string) => loaded.filter((url) => url.includes(part));
      const ours = loadedFrom('/dist/bundle/');
      expect(ours).toContain(pathToFileURL(join(BUNDLE, 'main.js')).href);
      expect(bytesOf(ours)).toBeLessThan(bytesOf(await readdir(BUNDLE)) / 10);
      expect(loadedFrom('/node_modules/')).toEqual([]);
    }
  }, 120_000);

  it('reports every mistake of the configuration at once, ends with 78, and starts nothing', async () => {
    const port = await freePort();
    const env = {
      PORT: String(port),
      KEEPSAKE_DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: 'loud',
      DATABASE_POOL_SIZE: 'many',
      REDIS_URL: 'localhost:6379',
      CACHE_ENABLED: 'perhaps',
      KEEPSAKE_BOOTSTRAP_KEY: 'hunter2',
    };
    const commands = [['serve'], ['keys', 'list']];
    const ends = await Promise.all(commands.map((args) => runKeepsake(args, { env, cwd: folder })));
    for (const { code, stdout, stderr } of ends) {
      expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
      expect(stderr).toMatch(/^The configuration has 5 mistakes:\n/);
      for (const name of ['LOG_LEVEL', 'DATABASE_POOL_SIZE', 'REDIS_URL', 'CACHE_ENABLED', 'KEEPSAKE_BOOTSTRAP_KEY'])
        expect(stderr).toMatch(new RegExp(`^  ${name}\\b.*: write `, 'm'));
      expect(stderr).not.toContain('hunter2');
    }
    expect(await isOpen(port)).toBe(false);
    expect(existsSync(join(folder, 'data'))).toBe(false);

    const [doctor, worker] = await Promise.all([
      runKeepsake(['doctor', '--json'], { env, cwd: folder }),
      runKeepsake(['worker'], { cwd: folder }),
    ]);
    expect(doctor.code).toBe(78);
    const { ok, findings } = JSON.parse(doctor.stdout) as { ok: boolean; findings: { status: string }[] };
    expect({ ok, failed: findings.filter(({ status }) => status === 'failed').length }).toEqual({
      ok: false,
      failed: 5,
    });
    expect(worker).toMatchObject({ code: 78, stderr: expect.stringContaining('needs DATABASE_URL') });
  }, 120_000);

  it('reports a length of vectors that the provider does not have, and starts nothing', async () => {
    const env = {
      EMBEDDING_PROVIDER: 'local',
      EMBEDDING_DIMENSIONS: '1',
      KEEPSAKE_DATA_DIR: join(folder, 'dimensions'),
    };
    const ends = await Promise.all(
      [['serve'], ['doctor', '--json']].map((args) => runKeepsake(args, { env, cwd: folder })),
    );
    expect(ends.map(({ code }) => code)).toEqual([78, 78]);
    expect(ends[0]?.stderr).toMatch(
      /^The configuration has a mistake:\n  EMBEDDING_DIMENSIONS \(now "1"\): write [^\n]*\n$/,
    );
    expect(existsSync(env.KEEPSAKE_DATA_DIR)).toBe(false);
  }, 120_000);

  it('reports a search language that the database does not have, and starts nothing', async () => {
    const database = await createTestDatabase();
    try {
      const env = { SEARCH_LANGUAGE: 'klingon', DATABASE_URL: database.url };
      const { code, stderr } = await runKeepsake(['serve'], { env, cwd: folder });
      expect(code).toBe(78);
      expect(stderr).toMatch(/SEARCH_LANGUAGE \(now "klingon"\): write /);
    } finally {
      await database.drop();
    }
  }, 120_000);

  describe('beside a server on the embedded database', () => {
    let server: Keepsake;
    const run = (args: string[], env: Record<string, string> = {}) =>
      runKeepsake(args, {
        env: {
          KEEPSAKE_DATA_DIR: server.dataDir,
          PORT: String(server.port),
          KEEPSAKE_KEY: server.key,
          ...env,
        },
      });

    beforeAll(async () => {
      server = await startKeepsake({ env: { LOG_LEVEL: 'warn' } });
    }, 120_000);
    afterAll(() => server.remove());

    it('keys are made, listed, rotated and revoked through the running server', async () => {
      const made = parsed<NewKey>(
        await run([
          'keys',
          'create',
          '--name',
          'from the shell',
          '--scopes',
          'memory:read',
          '--expires',
          '1d',
          '--json',
        ]),
      );
      expect((await api(server.url, made.key).get('/v1/contexts')).status).toBe(200);
      const rotated = parsed<NewKey>(await run(['keys', 'rotate', made.id, '--json']));
      expect((await api(server.url, made.key).get('/v1/contexts')).status).toBe(401);
      expect((await api(server.url, rotated.key).get('/v1/contexts')).status).toBe(200);
      const revoked = await run(['keys', 'revoke', rotated.id]);
      expect(revoked).toMatchObject({ code: 0, stdout: `Revoked from the shell (${rotated.id}).\n` });
      expect((await api(server.url, rotated.key).get('/v1/contexts')).status).toBe(401);
      const list = await run(['keys', 'list']);
      expect(
        list.stdout.split('\n').filter((line) => line.includes('from the shell  memory:read  revoked')),
      ).toHaveLength(2);
      expect(list.stdout).not.toContain(made.key);
    }, 120_000);

    it('what the server refuses is reported with 1, and a wrong key with what to set', async () => {
      const [unknown, workspace, wrong, past] = await Promise.all([
        run(['keys', 'revoke', '01890000-0000-7000-8000-000000000000']),
        run(['keys', 'list', '--workspace', 'nowhere']),
        run(['keys', 'list'], { KEEPSAKE_KEY: `ks_${'x'.repeat(40)}` }),
        run(['keys', 'create', '--name', 'k', '--scopes', 'admin', '--expires', '2020-01-01']),
      ]);
      expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('was not found') });
      expect(workspace).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere') });
      expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Set KEEPSAKE_KEY') });
      expect(past).toMatchObject({ code: 1, stderr: expect.stringContaining('future') });
    }, 120_000);

    it('a second process is refused the data folder, and shown who has it', async () => {
      const ends = await Promise.all([run(['serve'], { PORT: '0' }), run(['migrate', '--down'])]);
      for (const { code, stderr } of ends) {
        expect(code).toBe(69);
        expect(stderr).toContain(`in use by process ${server.pid}`);
        expect(stderr).not.toMatch(/^\s+at /m);
      }
      expect((await server.api.get('/health/ready')).status).toBe(200);
    }, 120_000);

    it('the doctor sees the server, and what is missing beside it', async () => {
      const [well, ill] = await Promise.all([
        run(['doctor', '--json']),
        run(['doctor'], { REDIS_URL: 'redis://127.0.0.1:1' }),
      ]);
      const { ok, findings } = parsed<{ ok: boolean; findings: { part: string; status: string; detail: string }[] }>(
        well,
      );
      expect(ok).toBe(true);
      expect(findings.map(({ part, status }) => `${part} ${status}`)).toEqual([
        'node ok',
        'configuration ok',
        'data folder ok',
        'database ok',
        'redis ok',
        'embeddings ok',
        'port ok',
      ]);
      expect(findings.find(({ part }) => part === 'data folder')?.detail).toContain(String(server.pid));
      expect(ill.code).toBe(69);
      expect(ill.stdout).toMatch(/^failed +redis: .*127\.0\.0\.1:1\b.*Check REDIS_URL/m);
    }, 120_000);

    it('a key that was made while nothing ran lets in at the next start', async () => {
      await server.stop();
      const made = parsed<NewKey>(
        await run(['keys', 'create', '--name', 'offline', '--scopes', 'memory:read', '--json']),
      );
      await server.start();
      expect((await api(server.url, made.key).get('/v1/contexts')).status).toBe(200);
    }, 120_000);

    it('a folder that kill -9 left behind is free at once', async () => {
      await server.kill();
      expect(parsed(await run(['migrate', '--json']))).toEqual({ applied: [], durationsMs: {} });
      await server.start();
    }, 120_000);
  });

  describe('on PostgreSQL', () => {
    let database: TestDatabase;

    beforeAll(async () => {
      database = await createTestDatabase();
    });
    afterAll(() => database.drop());

    it('one process serves, another does the background work, and both stop with 0', async () => {
      const env = { DATABASE_URL: database.url, LOG_LEVEL: 'warn', SESSION_SWEEP_SECONDS: '1' };
      const server = await startKeepsake({ env: { ...env, WORKER_ENABLED: 'false' } });
      const worker = await createKeepsake({ args: ['worker'], env });
      try {
        const jobs = async () => {
          const { body } = await server.api.get('/v1/jobs', { query: { all: 'true', limit: 100 } });
          return body.items as { state: string }[];
        };
        expect((await jobs()).filter(({ state }) => state === 'completed')).toEqual([]);
        worker.spawn();
        await eventually(async () => (await jobs()).some(({ state }) => state === 'completed'), { timeoutMs: 40_000 });
        expect(await worker.stop()).toEqual({ code: 0, signal: null });
        expect(await server.stop()).toEqual({ code: 0, signal: null });
      } finally {
        await worker.remove();
        await server.remove();
      }
    }, 120_000);

    it('keys are made in the database itself, beside running servers', async () => {
      const run = (...args: string[]) => runKeepsake(args, { env: { DATABASE_URL: database.url }, cwd: folder });
      const made = parsed<NewKey>(await run('keys', 'create', '--name', 'k', '--scopes', 'operator', '--json'));
      const { items } = parsed<{ items: { id: string }[] }>(await run('keys', 'list', '--json'));
      expect(items.map(({ id }) => id)).toContain(made.id);
      const [revoked, unknown] = await Promise.all([
        run('keys', 'revoke', made.id, '--json'),
        run('keys', 'rotate', 'nonsense'),
      ]);
      expect(parsed<{ revokedAt: string | null }>(revoked).revokedAt).not.toBeNull();
      expect(unknown.code).toBe(1);
    }, 120_000);

    it('what is not there is reported with 69 and what to check, without a stack', async () => {
      const url = new URL(database.url);
      url.port = '1';
      const env = { DATABASE_URL: url.href };
      const ends = await Promise.all([
        runKeepsake(['migrate'], { env, cwd: folder }),
        runKeepsake(['doctor'], { env, cwd: folder }),
      ]);
      for (const { code, stdout, stderr } of ends) {
        expect(code).toBe(69);
        expect(stdout + stderr).toContain('Check DATABASE_URL');
        expect(stdout + stderr).not.toMatch(/^\s+at /m);
        expect(stdout + stderr).not.toContain(url.password);
      }
    }, 120_000);
  });
});
