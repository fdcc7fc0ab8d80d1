import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, runKeepsake } from '#test/support/child.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { freePort } from '#test/support/services.js';

jest.setTimeout(180_000);

const KEY = 'ks_0123456789abcdef0123456789abcdef';

/** One sentence or two for a person, on one line of standard error; no stack trace. */
function expectReported({ code, stdout, stderr }: Ended, exitCode: number, reported: RegExp): void {
  expect({ code, stdout, stderr }).toEqual({ code: exitCode, stdout: '', stderr: expect.stringMatching(reported) });
  expect(stderr.trim().split('\n')).toHaveLength(1);
}

describe('keepsake, called in the wrong place', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-place-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (args: readonly string[], env: Record<string, string> = {}) => runKeepsake(args, { cwd: folder, env });

  it.each([
    [['keys', 'list']],
    [['keys', 'create', '--name', 'a', '--scopes', 'memory:read']],
    [['migrate']],
    [['migrate', '--down']],
    [['cache', 'stats']],
    [['limits', 'look', 'key:x']],
    [['settings', 'show']],
    [['export', 'default']],
    [['forget', 'default', 'label', '--reason', 'a test', '--yes']],
    [['tombstones', 'list', 'default']],
    [['users', 'erasure', 'ada']],
    [['bench']],
    [['mcp']],
  ])('keepsake %j in another folder says what it did not find, and makes nothing', async (args) => {
    const port = String(await freePort());
    expectReported(await run(args, { PORT: port }), 69, /^There is neither a running server nor a data folder here/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a data folder below a file is reported by serve and keys in one sentence', async () => {
    writeFileSync(join(folder, 'file'), '');
    const env = { KEEPSAKE_DATA_DIR: join(folder, 'file', 'data') };
    expectReported(await run(['serve'], env), 69, /file\/data can't be used: a part of the path is a file/);
    const doctor = await run(['doctor'], env);
    expect(doctor.stdout).toMatch(/^failed +data folder: .*file is not a folder/m);
    expect(doctor.code).toBe(69);
  });

  it('help <command> shows how to call that command, and no other', async () => {
    const { code, stdout } = await run(['help', 'cache']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Usage: keepsake cache /) });
    expect(stdout).not.toContain('keepsake keys');
    expect((await run(['help', 'nope'])).code).toBe(64);
  });

  it('mcp asks for a key of memory, not for the operator key', async () => {
    const { code, stderr } = await run(['mcp'], { KEEPSAKE_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(78);
    expect(stderr).toMatch(/KEEPSAKE_KEY: write a key with the scopes memory:read and memory:write/);
  });
});

describe('keepsake, speaking to another server', () => {
  let folder: string;
  let server: Server;
  let url: string;
  let answer: { status: number; type: string; body: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-foreign-'));
    writeFileSync(join(folder, 'file.jsonl.gz'), 'x');
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    });
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const commands = [
    ['keys', 'list'],
    ['cache', 'stats'],
    ['cache', 'families'],
    ['limits', 'look', 'key:x'],
    ['settings', 'show'],
    ['export', 'default'],
    ['forget', 'default', 'label', '--reason', 'a test', '--yes'],
    ['forget', 'default', '--id', '01890000-0000-7000-8000-000000000000', '--reason', 'a test', '--yes'],
    ['tombstones', 'list', 'default'],
    ['users', 'erase', 'ada', '--yes'],
    ['users', 'erasure', 'ada'],
    ['tombstones', 'lift', 'default', '01890000-0000-7000-8000-000000000000', '--yes'],
    ['import', 'file.jsonl.gz', '--project', 'x'],
    ['bench', '--seconds', '0.1'],
    ['mcp'],
  ];

  it.each([
    ['HTML', { status: 200, type: 'text/html', body: '<!doctype html><p>Welcome to nginx</p>' }],
    ['an HTML 404', { status: 404, type: 'text/html', body: '<h1>Not Found</h1>' }],
    ['JSON of its own', { status: 200, type: 'application/json', body: '{}' }],
  ])('that answers %s: one sentence, no stack trace, an exit code', async (_, given) => {
    answer = given;
    for (const args of commands) {
      const ended = await runKeepsake(args, { cwd: folder, env: { KEEPSAKE_URL: url, KEEPSAKE_KEY: KEY } });
      expect({ args, stderr: ended.stderr }).toEqual({ args, stderr: expect.not.stringMatching(/\n\s+at /) });
      expect([args, ended.code]).not.toEqual([args, 0]);
      expect([args, ended.code]).not.toEqual([args, 70]);
    }
    const doctor = await runKeepsake(['doctor'], { cwd: folder, env: { KEEPSAKE_URL: url } });
    expect(doctor.stdout).toMatch(/^failed +server: KEEPSAKE_URL: what answers at .* is no Keepsake server/m);
    expect(doctor.code).toBe(78);
  });

  it('doctor says where nothing answers at KEEPSAKE_URL', async () => {
    const env = { KEEPSAKE_URL: `http://127.0.0.1:${await freePort()}` };
    const { code, stdout } = await runKeepsake(['doctor'], { cwd: folder, env });
    expect([code, stdout]).toEqual([69, expect.stringMatching(/^failed +server: KEEPSAKE_URL: nothing answers at /m)]);
  });

  it('doctor writes logs to standard error: with --json standard output is one document', async () => {
    const data = await mkdtemp(join(tmpdir(), 'keepsake-doctor-'));
    try {
      const env = { KEEPSAKE_DATA_DIR: data };
      expect((await runKeepsake(['migrate'], { env })).code).toBe(0);
      const slow = { ...env, LOG_SLOW_STATEMENT_MS: '1', LOG_FORMAT: 'json' };
      const { stdout, stderr } = await runKeepsake(['doctor', '--json'], { env: slow });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true });
      expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  }, 120_000);
});

describe('keepsake, naming what is not there', () => {
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    server = await startKeepsake();
    folder = await mkdtemp(join(tmpdir(), 'keepsake-names-'));
  });
  afterAll(async () => {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]) =>
    runKeepsake(args, { cwd: folder, env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key } });

  it('export, warm and invalidate of an unknown project, session or context fail', async () => {
    const reason = ['--reason', 'a test of names', '--yes'];
    for (const args of [
      ['export', 'nope'],
      ['cache', 'warm', '--project', 'nope'],
      ['cache', 'invalidate', '--project', 'nope', ...reason],
      ['cache', 'invalidate', '--session', '01890000-0000-7000-8000-000000000000', ...reason],
      ['cache', 'invalidate', '--context', '01890000-0000-7000-8000-000000000000', ...reason],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' });
      expect(stderr.trim()).toMatch(/nope|01890000/);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('export to a missing folder, a folder or below a file names it, and not the database', async () => {
    await server.api.post('/v1/contexts', { project: 'there', label: 'a', content: 'a text' });
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'plain'), 'kept');
    expectReported(await run('export', 'there', '--output', 'missing/x.gz'), 69, /missing.* can't be used: .*ENOENT/);
    expectReported(
      await run('export', 'there', '--output', 'plain/x.gz'),
      69,
      /plain.* can't be used: it is a file, not a folder/,
    );
    expectReported(await run('export', 'there', '--output', 'sub'), 69, /sub can't be used: /);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expectReported(
      await run('export', 'there', '--output', 'pipe'),
      69,
      /pipe can't be used: it is a device or a pipe/,
    );
    expect(statSync(join(folder, 'pipe')).isFIFO()).toBe(true);
    expectReported(await run('import', 'sub', '--project', 'x'), 69, /sub is no file/);
    expectReported(await run('import', 'nowhere', '--project', 'x'), 69, /nowhere can't be read/);
    expect(readdirSync(folder).toSorted()).toEqual(['pipe', 'plain', 'sub']);
    expect(existsSync(join(folder, 'sub', 'x.gz'))).toBe(false);
  });

  it('keys rotate of no id is one message', async () => {
    const { code, stderr } = await run('keys', 'rotate', 'nope');
    expect(code).toBe(1);
    expect(stderr.match(/nope|Invalid UUID/g)).toEqual(['nope']);
  });

  it('a call that needs a confirmation says how to give it', async () => {
    const { code, stderr } = await run('cache', 'invalidate', '--project', 'there', '--reason', 'a test');
    expect(code).toBe(64);
    expect(stderr).toMatch(/^Invalidating the project there makes the next reads load it again: that needs --yes\./);
  });

  it('cache test on the embedded database speaks of the cache in the process', async () => {
    const { code, stdout } = await run('cache', 'test');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^The cache in the process answers in /),
    });
  });
});
