import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createGzip, gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { projectFile, sealed } from '#test/support/project-file.js';

const AT = '2026-01-01T00:00:00.000Z';
const idOf = (kind: number, number: number) => `01890000-0000-7000-800${kind}-${number.toString(16).padStart(12, '0')}`;

function session(number: number, more: object = {}) {
  const times = { createdAt: AT, lastActiveAt: AT, expiresAt: AT, finalisedAt: AT, endedAt: AT };
  return {
    type: 'session',
    id: idOf(1, number),
    client: 'c',
    metadata: {},
    summary: null,
    ...times,
    revision: 1,
    ...more,
  };
}

function entry(number: number, of: string, more: object = {}) {
  const what = { kind: 'progress', text: `entry ${number}`, metadata: {}, priority: null };
  return {
    type: 'entry',
    id: idOf(2, number),
    sessionId: of,
    ...what,
    createdAt: AT,
    resolvedAt: null,
    resolvedBy: null,
    ...more,
  };
}

function context(number: number, label: string, version: number, content: string, more: object = {}) {
  const said = { tags: [], priority: 'reference', priorityDetected: false, sessionId: null, metadata: {} };
  const times = { createdAt: AT, updatedAt: AT, archivedAt: null, archiveReason: null };
  return { type: 'context', id: idOf(3, number), label, version, content, ...said, ...times, revision: 1, ...more };
}

function manyContexts(count: number, bytes: number) {
  return Array.from({ length: count }, (_, index) =>
    context(index, `many/${String(index).padStart(6, '0')}`, 1, `${index} ${'x'.repeat(bytes)}`),
  );
}

/** Packed as it is made. Archived, so that it is stored and nothing else follows from it. */
async function longFile(project: string, count: number, bytes: number): Promise<Buffer> {
  const gzip = createGzip();
  const packed = buffer(gzip);
  const hash = createHash('sha256');
  const write = async (line: object) => {
    const text = `${JSON.stringify(line)}\n`;
    hash.update(text);
    if (!gzip.write(text)) await once(gzip, 'drain');
  };
  const [header = '', first = ''] = projectFile(project, []).split('\n');
  const counts = { sessions: 0, entries: 0, contexts: count, handovers: 0 };
  await write({ ...JSON.parse(header), counts });
  await write(JSON.parse(first));
  for (let index = 0; index < count; index++) {
    const label = `long/${String(index).padStart(6, '0')}`;
    await write(context(index, label, 1, `${index} ${'x'.repeat(bytes)}`, { archivedAt: AT }));
  }
  gzip.end(`${JSON.stringify({ type: 'end', counts, sha256: hash.digest('hex') })}\n`);
  return packed;
}

describe('importing', () => {
  let database: TestDatabase;
  let rows: pg.Client;
  let server: Keepsake;
  let other: Keepsake;

  beforeAll(async () => {
    database = await createTestDatabase();
    rows = new pg.Client({ connectionString: database.url });
    await rows.connect();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'],
      REDIS_SOCKET_TIMEOUT: '1000',
      WORKER_ENABLED: 'false',
      IMPORT_LIMIT_BYTES: String(512 * 1024 * 1024),
    };
    // Memory that holds the server, and not the files of these tests.
    server = await startKeepsake({ env: { ...env, NODE_OPTIONS: '--max-old-space-size=192' } });
    other = await startKeepsake({ env: { ...env, KEEPSAKE_BOOTSTRAP_KEY: server.key } });
  }, 120_000);

  afterAll(async () => {
    await rows?.end();
    await server?.remove();
    await other?.remove();
    await database?.drop();
  });

  const versions = async (project: string, label: string) =>
    (await exportProject(server, project))
      .linesOf('context')
      .filter((line) => line['label'] === label)
      .map(({ version, content }) => [version, content]);
  const countRows = async () => {
    const counts: Record<string, number> = {};
    for (const table of [
      'projects',
      'sessions',
      'session_entries',
      'contexts',
      'context_labels',
      'handovers',
      'search_documents',
      'pgboss.job',
    ])
      counts[table] = (await rows.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
    return counts;
  };

  describe('into a project that has the same things', () => {
    const file = (project: string) =>
      projectFile(project, [
        session(1, { summary: 'foreign' }),
        entry(1, idOf(1, 1), { text: 'foreign' }),
        context(1, 'a', 1, 'foreign 1'),
        context(2, 'a', 2, 'foreign 2'),
        context(3, 'b', 1, 'same', { tags: ['foreign'] }),
        context(4, 'c', 4, 'foreign alone'),
      ]);
    async function mine(project: string): Promise<void> {
      const put = (label: string, content: string) => server.api.post('/v1/contexts', { project, label, content });
      await put('a', 'domestic 1');
      await put('b', 'same');
      await put('d', 'domestic alone');
      await importProject(
        server.api,
        project,
        projectFile(project, [session(1, { summary: 'mine' }), entry(1, idOf(1, 1), { text: 'mine' })]),
      );
    }
    const sorts = async (project: string) => {
      const out = await exportProject(server, project);
      return {
        sessions: out.linesOf('session').map(({ summary }) => summary),
        entries: out.linesOf('entry').map(({ text }) => text),
      };
    };
    const latest = async (project: string, label: string) =>
      (await server.api.get(`/v1/projects/${project}/contexts/${label}`)).body;

    it.each([false, true])('skip leaves them and adds what is missing (dry run first: %s)', async (isTried) => {
      const project = `skip-${isTried}`;
      await mine(project);
      const expected = {
        contexts: { created: 2, overwritten: 0, newVersions: 0, skipped: 2 },
        sessions: { created: 0, skipped: 1 },
        entries: { skipped: 1 },
      };
      if (isTried) {
        const before = await countRows();
        expect((await importProject(server.api, project, file(project), { dryRun: true })).body).toMatchObject({
          dryRun: true,
          ...expected,
        });
        expect(await countRows()).toEqual(before);
      }
      expect((await importProject(server.api, project, file(project))).body).toMatchObject({
        dryRun: false,
        ...expected,
      });
      expect(await versions(project, 'a')).toEqual([
        [1, 'domestic 1'],
        [2, 'foreign 2'],
      ]);
      expect(await versions(project, 'c')).toEqual([[4, 'foreign alone']]);
      expect(await latest(project, 'a')).toMatchObject({ version: 2, content: 'foreign 2' });
      expect(await latest(project, 'b')).toMatchObject({ tags: [] });
      expect(await sorts(project)).toEqual({ sessions: ['mine'], entries: ['mine'] });
      const { body } = await server.api.post('/v1/contexts', { project, label: 'c', content: 'the next one' });
      expect(body.version).toBe(5);
    });

    it('overwrite says what the file says, another text under another id', async () => {
      const project = 'overwrite';
      await mine(project);
      const before = { a: await latest(project, 'a'), b: await latest(project, 'b') };
      for (const _ of [1, 2])
        expect((await importProject(server.api, project, file(project), { conflict: 'overwrite' })).status).toBe(200);
      expect(await versions(project, 'a')).toEqual([
        [1, 'foreign 1'],
        [2, 'foreign 2'],
      ]);
      expect((await server.api.get(`/v1/contexts/${before.a.id}`)).status).toBe(404);
      expect(await latest(project, 'b')).toMatchObject({ id: before.b.id, tags: ['foreign'] });
      expect(await sorts(project)).toEqual({ sessions: ['foreign'], entries: ['foreign'] });
      expect(await versions(project, 'd')).toEqual([[1, 'domestic alone']]);
      const found = await server.api.get('/v1/search', { query: { project, q: 'foreign', mode: 'keyword' } });
      expect(found.body.items.map(({ label, version }: any) => [label, version])).toEqual(
        expect.arrayContaining([
          ['a', 2],
          ['c', 4],
        ]),
      );
      expect(
        (await server.api.get('/v1/search', { query: { project, q: 'domestic', mode: 'keyword' } })).body.items,
      ).toHaveLength(1);
    });

    it('new_version adds other texts behind the newest, once', async () => {
      const project = 'new-version';
      await mine(project);
      const query = { conflict: 'new_version' };
      expect((await importProject(server.api, project, file(project), query)).body.contexts).toEqual({
        created: 1,
        overwritten: 0,
        newVersions: 2,
        skipped: 1,
      });
      const expected = [
        [1, 'domestic 1'],
        [2, 'foreign 1'],
        [3, 'foreign 2'],
      ];
      expect(await versions(project, 'a')).toEqual(expected);
      expect((await importProject(server.api, project, file(project), query)).body.contexts).toEqual({
        created: 0,
        overwritten: 0,
        newVersions: 0,
        skipped: 4,
      });
      expect(await versions(project, 'a')).toEqual(expected);
    });
  });

  describe('a file that is not what was exported', () => {
    const good = () =>
      projectFile('bad', [session(1), entry(1, idOf(1, 1)), context(1, 'a', 1, 'text'), context(2, 'b', 1, 'text')]);
    const lineOf = (part: object) => projectFile('bad', [session(1), part as { type: string }]);
    const flipped = () => {
      const text = good();
      return text.replace('"content":"text"', '"content":"tixt"');
    };

    it.each<[string, () => string | Buffer, number, string, string]>([
      ['altered', flipped, 422, 'import-file-broken', ''],
      ['cut off', () => good().slice(0, -200), 422, 'import-file-broken', ''],
      ['without its last line', () => good().split('\n').slice(0, -2).join('\n'), 422, 'import-file-broken', ''],
      ['packed and cut off', () => gzipSync(good()).subarray(0, 300), 422, 'import-file-broken', ''],
      [
        'packed and altered',
        () => {
          const bytes = gzipSync(good());
          bytes[200] = (bytes[200] ?? 0) ^ 0x10;
          return bytes;
        },
        422,
        'import-file-broken',
        '',
      ],
      ['empty', () => '', 422, 'import-format-unknown', '/lines/1'],
      ['something else', () => 'hello', 422, 'import-format-unknown', '/lines/1'],
      [
        'of another version',
        () => projectFile('bad', [], { formatVersion: 6 }),
        422,
        'import-format-unknown',
        '/lines/1',
      ],
      [
        'a bomb',
        () =>
          gzipSync(Buffer.concat([Buffer.from(good().split('\n')[0] + '\n'), Buffer.alloc(600 * 1024 * 1024, '\n')])),
        400,
        'import-line-invalid',
        '/lines/2',
      ],
      [
        'a bomb of one line',
        () => gzipSync(Buffer.alloc(100 * 1024 * 1024, 0x20)),
        400,
        'import-line-invalid',
        '/lines/1',
      ],
      [
        'a line too long',
        () => lineOf({ ...context(1, 'a', 1, 'text'), metadata: { a: 'x'.repeat(9_000_000) } }),
        400,
        'import-line-invalid',
        '/lines/4',
      ],
      ['NUL', () => lineOf(context(1, 'a', 1, 'te\0xt')), 400, 'import-line-invalid', '/lines/4/content'],
      ['a lone surrogate', () => lineOf(context(1, 'a', 1, '\ud800')), 400, 'import-line-invalid', '/lines/4/content'],
      ['no label', () => lineOf(context(1, ' ', 1, 'text')), 400, 'import-line-invalid', '/lines/4/label'],
      [
        'an unknown field',
        () => lineOf(context(1, 'a', 1, 'text', { workspaceId: idOf(9, 9) })),
        400,
        'import-line-invalid',
        '/lines/4/workspaceId',
      ],
      [
        'a session that is none',
        () => lineOf(context(1, 'a', 1, 'text', { sessionId: idOf(1, 2) })),
        400,
        'import-line-invalid',
        '/lines/4/sessionId',
      ],
      [
        'an entry settled by none',
        () => lineOf(entry(1, idOf(1, 1), { kind: 'todo', priority: 'low', resolvedAt: AT, resolvedBy: idOf(2, 7) })),
        400,
        'import-line-invalid',
        '/lines/4/resolvedBy',
      ],
      [
        'a version twice',
        () => projectFile('bad', [context(1, 'a', 1, 'x'), context(2, 'a', 1, 'y')]),
        400,
        'import-line-invalid',
        '/lines/4/label',
      ],
      ['an id twice', () => projectFile('bad', [session(1), session(1)]), 400, 'import-line-invalid', '/lines/4/id'],
      [
        'another order',
        () => projectFile('bad', [context(1, 'a', 1, 'x'), session(1)]),
        400,
        'import-line-invalid',
        '/lines/4/type',
      ],
      [
        'no JSON in a line',
        () => sealed([good().split('\n')[0] ?? '', '{"type":'], {}),
        400,
        'import-line-invalid',
        '/lines/2',
      ],
      ['more behind its end', () => `${good()}{}\n`, 400, 'import-line-invalid', '/lines/8'],
    ])('%s is refused, and nothing is written', async (_, file, status, code, pointer) => {
      const before = await countRows();
      const answer = await importProject(server.api, 'bad', file());
      expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
      expect(answer.body.errors[0].pointer).toBe(pointer);
      expect(await countRows()).toEqual(before);
    });

    it('is refused where it is JSON, or nothing', async () => {
      expect((await server.api.post('/v1/projects/bad/import', { a: 1 })).status).toBe(415);
      expect((await server.api.post('/v1/projects/bad/import')).status).toBe(415);
      const gzip = { headers: { 'content-type': 'application/gzip' } };
      expect((await server.api.post('/v1/contexts', 'x', gzip)).status).toBe(415);
    });
  });

  it('is found by a reader of another process at once, though it had read before', async () => {
    const project = 'fresh';
    await server.api.post('/v1/contexts', { project, label: 'a', content: 'before', priority: 'always_check' });
    const read = async () => [
      (await other.api.get(`/v1/projects/${project}/contexts/a`)).body.content,
      (await other.api.get('/v1/contexts', { query: { project } })).body.items.length,
      (await other.api.get('/v1/search', { query: { project, q: 'imported', mode: 'keyword' } })).body.items.length,
      (await other.api.get(`/v1/projects/${project}`)).body.counts.contexts,
      (await other.api.post('/v1/sessions', { project })).body.wakeUp.contexts.length,
    ];
    for (const _ of [1, 2]) expect(await read()).toEqual(['before', 1, 0, 1, 1]);
    const file = projectFile(project, [
      context(1, 'a', 2, 'imported'),
      context(2, 'b', 1, 'imported too', { priority: 'always_check' }),
    ]);
    expect((await importProject(server.api, project, file)).status).toBe(200);
    expect(await read()).toEqual(['imported', 2, 2, 2, 1]);
    const jobs = await rows.query(
      `SELECT data FROM pgboss.job WHERE name = 'context-embedding' AND data::text LIKE $1`,
      [`%${idOf(3, 2)}%`],
    );
    expect(jobs.rowCount).toBeGreaterThan(0);
  });

  it('T41 changes and reveals nothing of another workspace that has the same ids', async () => {
    await server.api.post('/v1/workspaces', { slug: 'theirs' });
    const headers = { 'x-keepsake-workspace': 'theirs' };
    const file = (text: string) =>
      projectFile('same', [session(50), entry(50, idOf(1, 50), { text }), context(50, 'same', 1, text)]);
    await importProject(server.api, 'same', file('theirs'), {}, headers);
    const before = (await exportProject(server, 'same', headers)).lines.slice(1, -1);
    const { body } = await importProject(server.api, 'same', file('mine'), { conflict: 'overwrite' });
    expect(body).toMatchObject({ sessions: { created: 1 }, entries: { created: 1 }, contexts: { created: 1 } });
    expect((await exportProject(server, 'same')).linesOf('context')).toMatchObject([
      { id: idOf(3, 50), content: 'mine' },
    ]);
    expect((await exportProject(server, 'same', headers)).lines.slice(1, -1)).toEqual(before);
  });

  it('does it once for one idempotency key, and knows another file', async () => {
    const headers = { 'idempotency-key': 'import-once' };
    const file = projectFile('once', [context(60, 'a', 1, 'once')]);
    const first = await importProject(server.api, 'once', file, {}, headers);
    const second = await importProject(server.api, 'once', file, {}, headers);
    expect(first.body.contexts.created).toBe(1);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await importProject(server.api, 'once', projectFile('once', []), {}, headers)).status).toBe(422);
  });

  it('memory does not grow with the file, out or in', async () => {
    const peak = async () =>
      Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024;
    const move = async (project: string, count: number) => {
      const { body } = await importProject(server.api, project, await longFile(project, count, 200_000));
      expect(body.contexts.created).toBe(count);
      const headers = { authorization: `Bearer ${server.key}` };
      const answer = await fetch(`${server.url}/v1/projects/${project}/export`, { headers });
      let bytes = 0;
      for await (const chunk of Readable.fromWeb(answer.body as ReadableStream).pipe(createGunzip()))
        bytes += (chunk as Buffer).length;
      return bytes;
    };
    await move('short', 100);
    const before = await peak();
    const bytes = await move('long', 1_500);
    expect(bytes).toBeGreaterThan(300_000_000);
    expect((await peak()) - before).toBeLessThan(bytes / 2);
  }, 240_000);

  it('leaves nothing half when it is killed in the middle', async () => {
    const project = 'killed';
    const file = gzipSync(
      projectFile(project, [session(70), ...manyContexts(5_000, 200).map((line) => ({ ...line, archivedAt: null }))]),
    );
    // Whoever has begun to write contexts, and has not committed.
    const writersOfContexts = async () =>
      (
        await rows.query(
          `SELECT FROM pg_locks WHERE relation = 'contexts'::regclass AND mode = 'RowExclusiveLock'
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        )
      ).rowCount ?? 0;
    const answer = importProject(other.api, project, file).catch(() => 'broken off');
    await eventually(writersOfContexts, {
      what: 'the import to begin',
      timeoutMs: 60_000,
    });
    await other.kill();
    expect(await answer).toBe('broken off');
    await eventually(async () => (await writersOfContexts()) === 0, { what: 'the transaction to end' });
    const {
      rows: [left],
    } = await rows.query(
      `SELECT (SELECT count(*) FROM projects WHERE slug = $1)::int AS projects, (SELECT count(*) FROM sessions WHERE id = $2)::int AS sessions`,
      [project, idOf(1, 70)],
    );
    expect(left).toEqual({ projects: 0, sessions: 0 });
    expect(
      gunzipSync((await exportProject(server, project)).bytes)
        .toString()
        .split('\n'),
    ).toHaveLength(4);
  }, 120_000);
});
