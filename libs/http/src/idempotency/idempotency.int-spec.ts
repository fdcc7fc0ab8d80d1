import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Body, Controller, Injectable, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Database, InstallationSecrets, TransactionRunner } from '#database';
import { type ContextId, DomainError, newId, type ProjectId } from '#kernel';
import { api, type Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { Endpoint } from '../endpoint/endpoint.decorator.js';
import { HttpTestApp } from '../testing/http-test-app.js';
import { PostgresIdempotencyStore } from './postgres-idempotency.store.js';

const noteBody = z.strictObject({ text: z.string() });
const note = z.object({ id: z.number(), text: z.string() });
const secret = z.object({ id: z.number(), secret: z.string() });

/** Lets the test hold a handler, and see that it is there. */
const gate = new EventEmitter();

@Injectable()
@Controller('notes')
class NoteController {
  constructor(
    private readonly database: Database,
    private readonly transactions: TransactionRunner,
  ) {}

  @Endpoint('POST ', { summary: 'Write', access: [], response: note, alsoStatus: [200] })
  async write(
    @Body({ schema: noteBody }) { text }: z.infer<typeof noteBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const written = await this.transactions.run(() => this.insert(text));
    if (text === 'held') {
      gate.emit('held');
      await once(gate, 'go');
    }
    if (text === 'refused') throw new DomainError({ code: 'no', kind: 'conflict', detail: 'No.' });
    if (text === 'old') void reply.status(200);
    void reply.header('etag', `"${written.id}"`).header('location', `/notes/${written.id}`).header('x-other', '1');
    return written;
  }

  @Endpoint('POST /silently', { summary: 'Write and say nothing', access: [] })
  async writeSilently(@Body({ schema: noteBody }) { text }: z.infer<typeof noteBody>): Promise<void> {
    await this.insert(text);
  }

  @Endpoint('POST /secretly', { summary: 'Write and report a secret', access: [], response: secret, secret: true })
  async writeSecretly(@Body({ schema: noteBody }) { text }: z.infer<typeof noteBody>) {
    const { id } = await this.insert(text);
    return { id, secret: `hunter${id}` };
  }

  @Endpoint('POST /reading', { summary: 'Read by POST', access: [], response: note, idempotent: false })
  async read(@Body({ schema: noteBody }) { text }: z.infer<typeof noteBody>) {
    return this.insert(text);
  }

  private async insert(text: string): Promise<z.infer<typeof note>> {
    const [row] = await this.database.query<z.infer<typeof note>>(
      'INSERT INTO notes (text) VALUES ($1) RETURNING id, text',
      [text],
    );
    if (row === undefined) throw new Error('nothing was inserted');
    return row;
  }
}

describe('Idempotency-Key', () => {
  let testDatabase: TestDatabase;
  let server: HttpTestApp;
  let database: Database;
  let client: Api;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    server = await HttpTestApp.start({ databaseUrl: testDatabase.url, controllers: [NoteController] });
    database = server.app.get(Database, { strict: false });
    await database.query('CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, text text)');
    client = api(server.url, 'somebody');
  });
  beforeEach(async () => {
    await database.query('TRUNCATE notes, idempotency_keys');
  });
  afterAll(async () => {
    await server?.close();
    await testDatabase?.drop();
  });

  const write = (text: string, key: string, path = '/notes', by = client) =>
    by.post(path, { text }, { headers: { 'idempotency-key': key } });
  const countOf = async (table: 'notes' | 'idempotency_keys') =>
    (await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`))[0]?.count;

  it('T34 the same request again gets the stored answer, and the work is done once', async () => {
    const first = await write('a', 'key');
    const second = await write('a', 'key');
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect({ status: second.status, body: second.body }).toEqual({ status: 201, body: first.body });
    for (const name of ['etag', 'location', 'content-type'])
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    expect(await countOf('notes')).toBe(1);
  });

  it('the stored answer keeps its own status, and an answer without a body has none', async () => {
    await write('old', 'key');
    expect((await write('old', 'key')).status).toBe(200);
    await write('a', 'silent', '/notes/silently');
    const again = await write('a', 'silent', '/notes/silently');
    expect({ status: again.status, body: again.body }).toEqual({ status: 204, body: undefined });
  });

  it('another body, or another route, under the same key is refused', async () => {
    await write('a', 'key');
    for (const answer of [await write('b', 'key'), await write('a', 'key', '/notes/silently')]) {
      expect(answer.status).toBe(422);
      expect(answer.body).toMatchObject({
        code: 'idempotency-key-reused',
        errors: [{ pointer: '/idempotency-key', in: 'header' }],
      });
    }
    expect(await countOf('notes')).toBe(1);
  });

  it('the key of another caller is another key', async () => {
    await write('a', 'key');
    expect((await write('b', 'key', '/notes', api(server.url, 'another'))).status).toBe(201);
    expect(await countOf('notes')).toBe(2);
  });

  it('T34 while the first is running its retry is informed; afterwards it gets the answer', async () => {
    const held = once(gate, 'held');
    const first = write('held', 'key');
    await held;
    const early = await write('held', 'key');
    expect(early.status).toBe(409);
    expect(early.body.code).toBe('request-in-flight');
    expect(early.headers.get('retry-after')).toBe('1');
    expect((await write('other', 'key')).status).toBe(422);
    gate.emit('go');
    expect((await first).status).toBe(201);
    expect((await write('held', 'key')).body).toEqual((await first).body);
    expect(await countOf('notes')).toBe(1);
  });

  it('T34 of many at once one does the work, and all agree on it', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => write('a', 'key')));
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    const ids = answers.filter(({ status }) => status === 201).map(({ body }) => body.id as number);
    expect(new Set(ids).size).toBe(1);
    expect(await countOf('notes')).toBe(1);
  });

  it('failed work leaves nothing, and the same key may try again', async () => {
    expect((await write('refused', 'key')).status).toBe(409);
    expect(await countOf('notes')).toBe(0);
    expect(await countOf('idempotency_keys')).toBe(0);
    expect((await write('a', 'key')).status).toBe(201);
  });

  it('a request that is not valid takes no key', async () => {
    const answer = await client.post('/notes', { txt: 'a' }, { headers: { 'idempotency-key': 'key' } });
    expect(answer.status).toBe(400);
    expect(await countOf('idempotency_keys')).toBe(0);
  });

  it('a stored answer is forgotten after its time, and the key is free', async () => {
    const first = await write('a', 'key');
    server.clock.advance(24 * 3_600_000 - 1);
    expect((await write('a', 'key')).body).toEqual(first.body);
    server.clock.advance(1);
    const later = await write('b', 'key');
    expect({ status: later.status, text: later.body.text }).toEqual({ status: 201, text: 'b' });
  });

  it('what is forgotten is removed', async () => {
    await write('a', 'old');
    server.clock.advance(12 * 3_600_000);
    await write('a', 'young');
    server.clock.advance(12 * 3_600_000);
    expect(await server.app.get(PostgresIdempotencyStore, { strict: false }).removeExpired(server.clock.now())).toBe(1);
    expect((await write('a', 'young')).headers.get('idempotency-replayed')).toBe('true');
  });

  it('the claim of a process that died is taken over by the retry at once, and of many by one', async () => {
    await write('a', 'key');
    // As a crash leaves it: claimed, with nobody who runs it.
    await database.query('UPDATE idempotency_keys SET response_status = NULL, response_body = NULL');
    await database.query('TRUNCATE notes');
    const answers = await Promise.all(Array.from({ length: 10 }, () => write('a', 'key')));
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(await countOf('notes')).toBe(1);
    expect((await write('a', 'key')).headers.get('idempotency-replayed')).toBe('true');
  });

  it('a claim that was taken over and failed is free again, also for another body', async () => {
    await write('refused', 'key');
    await write('a', 'other');
    await database.query(`UPDATE idempotency_keys SET key = 'key', response_status = NULL, request_hash = $1`, [
      createHmac('sha256', await server.app.get(InstallationSecrets, { strict: false }).get('requests'))
        .update(JSON.stringify(['POST', '/notes', { text: 'refused' }]))
        .digest(),
    ]);
    expect((await write('refused', 'key')).body.code).toBe('no');
    expect((await write('b', 'key')).status).toBe(201);
  });

  it('T34 a stored answer is removed with what it refers to', async () => {
    await write('a', 'kept');
    await write('a', 'gone');
    const [kept, gone] = [newId<ContextId>(), newId<ContextId>()];
    for (const [key, id] of [
      ['kept', kept],
      ['gone', gone],
    ])
      await database.query('UPDATE idempotency_keys SET referenced_ids = ARRAY[$1::uuid] WHERE key = $2', [id, key]);
    const project = newId<ProjectId>();
    const { workspaceId } = server;
    await database.query(`INSERT INTO projects (workspace_id, id, slug) VALUES ($1, $2, 'p')`, [workspaceId, project]);
    await database.query(
      `INSERT INTO sessions (workspace_id, id, project_id, metadata, created_at, last_active_at, expires_at)
       VALUES ($1, $2, $3, '{}', now(), now(), now())`,
      [workspaceId, gone, project],
    );
    await database.query('DELETE FROM projects WHERE id = $1', [project]);
    expect(await database.query('SELECT key FROM idempotency_keys')).toEqual([{ key: 'kept' }]);
  });

  it('an answer with a secret is kept so that only its credential can read it', async () => {
    const first = await write('a', 'key', '/notes/secretly');
    expect((await write('a', 'key', '/notes/secretly')).body).toEqual(first.body);
    const [row] = await database.query<{ body: string }>('SELECT response_body AS body FROM idempotency_keys');
    expect(row?.body).not.toContain(first.body.secret);
    expect(Buffer.from(row?.body ?? '', 'base64').toString('latin1')).not.toContain(first.body.secret);
  });

  it('is nothing to a POST that only reads', async () => {
    await write('a', 'key', '/notes/reading');
    expect(await countOf('idempotency_keys')).toBe(0);
  });

  it.each([' ', 'a b', 'x'.repeat(256), 'ä'])('%j is no key', async (key) => {
    const answer = await client.post('/notes', { text: 'a' }, { headers: { 'idempotency-key': key } });
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid-idempotency-key' });
    expect(await countOf('notes')).toBe(0);
  });

  it('a longest key works, and so does none', async () => {
    expect((await write('a', 'x'.repeat(255))).status).toBe(201);
    expect((await client.post('/notes', { text: 'b' })).status).toBe(201);
    expect(await countOf('idempotency_keys')).toBe(1);
  });
});
