import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Body, Controller } from '@nestjs/common';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { Endpoint } from '../endpoint/endpoint.decorator.js';
import { HttpTestApp } from '../testing/http-test-app.js';

const note = z.strictObject({
  text: z.string(),
  ids: z.array(z.uuid()).max(3, 'at most 3').optional(),
  metadata: z.record(z.string(), z.json()).optional(),
});

@Controller('notes')
class NoteController {
  @Endpoint('POST ', { summary: 'Keep', access: [], status: 200, response: note })
  keep(@Body({ schema: note }) body: z.infer<typeof note>) {
    return body;
  }

  @Endpoint('POST /long', { summary: 'Keep a text', access: [], status: 200, response: note, body: 'texts' })
  keepLong(@Body({ schema: note }) body: z.infer<typeof note>) {
    return { text: String(body.text.length) };
  }
}

describe('the form of a request', () => {
  let database: TestDatabase;
  let server: HttpTestApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await HttpTestApp.start({ databaseUrl: database.url, controllers: [NoteController] });
  });
  afterAll(async () => {
    await server?.close();
    await database?.drop();
  });

  /** Sends these lines as they stand; what comes back until the server ends the connection. */
  async function sendLines(...lines: string[]): Promise<{ head: string; problem: any }> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write([...lines, '', ''].join('\r\n'));
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    return { head, problem: JSON.parse(body) };
  }

  async function post(path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'somebody', ...headers },
      body,
    });
    const answered = await answer.text();
    return {
      status: answer.status,
      bytes: Buffer.byteLength(answered),
      headers: answer.headers,
      body: JSON.parse(answered),
    };
  }

  it('without a Host is refused by a problem', async () => {
    const { head, problem } = await sendLines('GET /notes HTTP/1.1', 'connection: close');
    expect(head).toMatch(/^HTTP\/1.1 400 [^]*content-type: application\/problem\+json/i);
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/host', in: 'header' }] });
  });

  it('with another expectation than 100-continue is answered 417 by a problem', async () => {
    const { head, problem } = await sendLines(
      'GET /notes HTTP/1.1',
      'host: a',
      'expect: a-miracle',
      'connection: close',
    );
    expect(head).toMatch(/^HTTP\/1.1 417 [^]*content-type: application\/problem\+json/i);
    expect(problem).toMatchObject({ status: 417, code: 'expectation-failed', errors: [{ pointer: '/expect' }] });
  });

  it.each(['authorization', 'idempotency-key', 'host', 'content-type', 'x-keepsake-workspace', 'mcp-session-id'])(
    'with two header fields %s is refused: nobody knows which one counts',
    async (name) => {
      const { head, problem } = await sendLines(
        'GET /notes HTTP/1.1',
        ...(name === 'host' ? [] : ['host: a']),
        `${name}: a`,
        `${name}: b`,
        'connection: close',
      );
      expect(head).toMatch(/^HTTP\/1.1 400 /);
      expect(problem).toMatchObject({ code: 'invalid-header', errors: [{ pointer: `/${name}`, in: 'header' }] });
    },
  );

  it('gets its body asked for where it expects that', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /notes HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nconnection: close\r\n' +
        'content-type: application/json\r\ncontent-length: 12\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(String(first)).toContain('100 Continue');
    socket.write('{"text":"a"}');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [^]*\{"text":"a"\}$/);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (body: string) => Buffer.from(body)],
  ] as const)('takes a body in %s', async (encoding, encode) => {
    const encoded = new Uint8Array(encode('{"text":"ä"}'));
    expect(await post('/notes', encoded, { 'content-encoding': encoding })).toMatchObject({
      status: 200,
      body: { text: 'ä' },
    });
  });

  it.each([
    ['of an encoding that is not known', 'zstd', new Uint8Array(4), 415, 'unsupported-content-encoding'],
    ['encoded twice', 'gzip, gzip', new Uint8Array(gzipSync(gzipSync('{}'))), 415, 'unsupported-content-encoding'],
    ['that is not what it says', 'gzip', new Uint8Array(Buffer.from('{"text":"a"}')), 400, 'invalid-content-encoding'],
    ['cut off', 'gzip', new Uint8Array(gzipSync('{"text":"a"}').subarray(0, 12)), 400, 'invalid-content-encoding'],
    [
      'that grows beyond the limit',
      'gzip',
      new Uint8Array(gzipSync(' '.repeat(64 * 1024 * 1024))),
      413,
      'body-too-large',
    ],
  ])('refuses a body %s', async (_, encoding, body, status, code) => {
    const answer = await post('/notes', body, { 'content-encoding': encoding });
    expect(answer).toMatchObject({ status, body: { code, detail: expect.stringMatching(/ncod|decod/) } });
  });

  it.each([
    ['{"text": "a",}', /^The body is not valid JSON \(RFC 8259\): see character 14\.$/],
    ['{"text": "a", "metadata": {"__proto__": {"a": 1}}}', /^The body has a field __proto__/],
    [
      '{"text": "a", "constructor": {"prototype": {"a": 1}}}',
      /^The body has a field __proto__, or a field constructor/,
    ],
  ])('says what is wrong with %s', async (body, detail) => {
    expect(await post('/notes', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid-json', detail: expect.stringMatching(detail) },
    });
  });

  it('T66 nested 5,000 deep is 400, with an Idempotency-Key too', async () => {
    const body = `{"text":"a","metadata":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`;
    const answer = await post('/notes', body, { 'idempotency-key': 'deep' });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('64 levels') } });
  });

  it('T66 of more values than a route takes is refused before values are made of it', async () => {
    const answer = await post('/notes', `{"text":"a","ids":[${'1,'.repeat(20_000)}1]}`);
    expect(answer).toMatchObject({ status: 400, body: { detail: 'The body holds more than 10000 values.' } });
    expect((await post('/notes', JSON.stringify({ text: ',[{'.repeat(20_000) }))).status).toBe(200);
  });

  it('has the limit of its route in bytes: commands are small, texts are not', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(1024 * 1024) });
    expect(await post('/notes', body)).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
    expect(await post('/notes/long', body)).toMatchObject({ status: 200, body: { text: '1048576' } });
  });

  it('T66 that is wrong in thousands of places is shown twenty of them, and how many more there are', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field${index}`, 1]));
    const { status, bytes, body } = await post('/notes', JSON.stringify({ text: 'a', ...unknown }));
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(20);
    expect(body.errorsLeftOut).toBe(4_980);
    expect(bytes).toBeLessThan(64 * 1024);
    const ids = await post('/notes', JSON.stringify({ text: 'a', ids: Array.from({ length: 9_000 }, () => 1) }));
    expect(ids.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain('/ids');
    expect(ids.body.errors.length).toBeLessThanOrEqual(5);
  });

  it('T66 with a name of 200,000 characters is answered shortly', async () => {
    const { status, bytes, body } = await post(
      '/notes',
      JSON.stringify({ text: 'a', [`\u0001${'ä'.repeat(90_000)}`]: 1 }),
    );
    expect(status).toBe(400);
    expect(body.errors[0].pointer).toHaveLength(200);
    expect(bytes).toBeLessThan(64 * 1024);
  });

  it('frames are refused by both headers alike', async () => {
    const { headers } = await post('/notes', '{"text":"a"}');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});
