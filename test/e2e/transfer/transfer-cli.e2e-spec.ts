import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { runKeepsake } from '#test/support/child.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { exportedProject } from '#test/support/export-file.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { projectFile } from '#test/support/project-file.js';
import { jsonLines } from '#test/support/transcripts.js';

describe('keepsake export and import', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startKeepsake({ env: { DATABASE_URL: database.url, EMBEDDING_PROVIDER: 'off' } });
    folder = await mkdtemp(join(tmpdir(), 'keepsake-transfer-cli-'));
    await server.api.post('/v1/contexts', { project: 'atlas', label: 'a', content: 'some text ❌' });
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    await database?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const keepsake = (args: string[], env: Record<string, string> = {}) =>
    runKeepsake(args, { cwd: folder, env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key, ...env } });

  it('writes a project to a file of its own name, and brings it back under another one', async () => {
    const exported = await keepsake(['export', 'atlas', '--json']);
    expect(exported).toMatchObject({ code: 0 });
    const { file, counts } = JSON.parse(exported.stdout);
    expect(counts).toMatchObject({ contexts: 1, sessions: 0 });
    expect(file).toMatch(/^atlas-\d{8}T\d{6}Z\.jsonl\.gz$/);
    expect(exportedProject(await readFile(join(folder, file))).linesOf('context')).toMatchObject([
      { content: 'some text ❌' },
    ]);
    expect(exported.stderr).toMatch(/bytes: \d+ of \d+/);

    const tried = await keepsake(['import', file, '--project', 'copy', '--dry-run']);
    expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was written.') });
    expect((await server.api.get('/v1/projects/copy')).body.id).toBeNull();
    const imported = await keepsake(['import', file, '--project', 'copy', '--json']);
    expect({ code: imported.code, ...JSON.parse(imported.stdout) }).toMatchObject({
      code: 0,
      project: 'copy',
      contexts: { created: 1 },
    });
    const again = await keepsake(['import', file]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Imported into atlas') });
    expect((await server.api.get('/v1/projects/copy/contexts/a')).body.content).toBe('some text ❌');
  }, 120_000);

  it('imports a transcript: tried first, with progress, and nothing the second time', async () => {
    const file = jsonLines(
      Array.from({ length: 3_000 }, (_, place) => ({ role: 'user', content: `said ${place} ${'x'.repeat(100)}` })),
    );
    await writeFile(join(folder, 'talk.jsonl'), file);
    const call = ['import-transcript', 'talk.jsonl', '--project', 'talks', '--external-id', 'talk', '--user', 'ada'];
    const run = async (...more: string[]) => {
      const { code, stdout, stderr } = await keepsake([...call, ...more]);
      const steps = [...stderr.matchAll(/^bytes sent: (\d+) of (\d+)$/gm)].map(([, sent, all]) => [
        Number(sent),
        Number(all),
      ]);
      expect(steps.length).toBeGreaterThan(1);
      expect(steps.at(-1)).toEqual([file.length, file.length]);
      return { code, stdout };
    };
    const tried = await run('--dry-run');
    expect(tried).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Nothing was written\..*\n.*\n.*\nmessages +3,000 +0$/m),
    });
    expect((await server.api.get('/v1/projects/talks')).body.id).toBeNull();
    const imported = await run('--json');
    expect([imported.code, JSON.parse(imported.stdout).messages]).toEqual([0, { stored: 3_000, duplicates: 0 }]);
    const again = await run('--json');
    expect([again.code, JSON.parse(again.stdout).messages]).toEqual([0, { stored: 0, duplicates: 3_000 }]);
  }, 120_000);

  it('speaks with pipes', async () => {
    const out = await keepsake(['export', 'atlas', '--output', 'piped.gz']);
    expect(out).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Wrote piped.gz: 0 sessions, 0 entries, 1 contexts'),
    });
    const text = gunzipSync(await readFile(join(folder, 'piped.gz'))).toString('utf8');
    const piped = await runKeepsake(['import', '-', '--project', 'piped', '--json'], {
      env: { KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key },
      input: text,
    });
    expect({ code: piped.code, stderr: piped.stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(piped.stdout)).toMatchObject({ project: 'piped', contexts: { created: 1 } });
    expect((await keepsake(['import', '-'])).code).toBe(64);
  }, 120_000);

  it('reports what is wrong with a file, and with a call, by its exit code', async () => {
    await writeFile(join(folder, 'bad.jsonl'), projectFile('atlas', [{ type: 'session', id: 'x' }]));
    const bad = await keepsake(['import', 'bad.jsonl']);
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('/lines/3/id') });
    expect(await keepsake(['import', 'nowhere.gz'])).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('nowhere.gz'),
    });
    expect((await keepsake(['export', 'atlas'], { KEEPSAKE_KEY: `ks_${'x'.repeat(40)}` })).code).toBe(1);
    expect((await keepsake(['export', 'atlas'], { KEEPSAKE_URL: 'http://127.0.0.1:9' })).code).toBe(69);
  }, 120_000);

  describe('from a server that sends something else', () => {
    let lying: Server;
    let sent: Buffer;
    beforeAll(async () => {
      lying = createServer(({ url = '' }, answer) => {
        if (url.endsWith('/export')) answer.writeHead(200, { 'content-type': 'application/gzip' }).end(sent);
        else answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'there' }));
      });
      lying.listen(0, '127.0.0.1');
      await once(lying, 'listening');
    });
    afterAll(() => lying.close());

    it('keeps nothing, and what was there before stays', async () => {
      await writeFile(join(folder, 'mine.gz'), 'mine');
      const before = await readdir(folder);
      const good = projectFile('atlas', []);
      const url = `http://127.0.0.1:${(lying.address() as AddressInfo).port}`;
      for (const text of [good.slice(0, -20), good.replace('"atlas"', '"other"'), good.split('\n')[0] ?? '']) {
        sent = gzipSync(text);
        const { code, stderr } = await keepsake(['export', 'atlas', '--output', 'mine.gz'], { KEEPSAKE_URL: url });
        expect(code).toBe(69);
        expect(stderr).toContain('is not good');
      }
      const piped = await keepsake(['export', 'atlas', '--output', '-'], { KEEPSAKE_URL: url });
      expect(piped.code).toBe(69);
      expect(await readFile(join(folder, 'mine.gz'), 'utf8')).toBe('mine');
      expect(await readdir(folder)).toEqual(before);
    }, 120_000);
  });
});
