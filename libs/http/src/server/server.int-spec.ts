import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Body, Controller, Header, InternalServerErrorException, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { DomainError, type ErrorKind, errorKinds } from '#kernel';
import { api, type Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { Endpoint } from '../endpoint/endpoint.decorator.js';
import { statusOf } from '../problem/problem.js';
import { HttpTestApp } from '../testing/http-test-app.js';

const SECRET = 'the inside of the house';
const thing = z.object({ id: z.string(), count: z.number() });
const kindParams = z.strictObject({ kind: z.enum(errorKinds) });
const echoBody = z.strictObject({ text: z.string().max(2_000_000) });
const findQuery = z.strictObject({ limit: z.coerce.number().int().max(100) });

@Controller('things')
class ThingController {
  @Endpoint('GET /failing/:kind', { summary: 'Fail', access: [], response: thing })
  fail(@Param({ schema: kindParams }) { kind }: z.infer<typeof kindParams>): never {
    throw new DomainError({
      code: `some-${kind}`,
      kind,
      detail: 'It is so.',
      issues: [{ pointer: '/a', in: 'query', detail: 'is wrong' }],
      retryAfterSeconds: 1.5,
      cause: new Error(SECRET),
    });
  }

  @Endpoint('GET /crashing', { summary: 'Crash', access: [], response: thing })
  crash(): never {
    throw new TypeError(SECRET);
  }

  @Endpoint('GET /crashing-in-nest', { summary: 'Crash', access: [], response: thing })
  crashInNest(): never {
    throw new InternalServerErrorException(SECRET);
  }

  @Endpoint('GET /unreachable', { summary: 'Lose the database', access: [], response: thing })
  unreachable(): never {
    throw Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' });
  }

  @Endpoint('GET /of-another-shape', { summary: 'Break the schema', access: [], response: thing })
  ofAnotherShape() {
    return { id: SECRET };
  }

  @Endpoint('GET /open', { summary: 'Say too much', access: 'public', response: thing })
  @Header('etag', '"1"')
  open() {
    return { id: 'a', count: 1, secret: SECRET };
  }

  @Endpoint('GET /endless', { summary: 'Wait', access: [], response: thing })
  endless(): Promise<never> {
    return new Promise(() => {});
  }

  @Endpoint('POST /echo', { summary: 'Echo', access: [], status: 200, response: echoBody })
  echo(@Body({ schema: echoBody }) body: z.infer<typeof echoBody>) {
    return body;
  }

  @Endpoint('GET /found', { summary: 'Find', access: [], response: thing })
  find(@Query({ schema: findQuery }) { limit }: z.infer<typeof findQuery>) {
    return { id: 'a', count: limit };
  }

  @Endpoint('GET ', { summary: 'Take nothing', access: [], response: thing })
  takeNothing() {
    return { id: 'a', count: 0 };
  }

  @Endpoint('DELETE ', { summary: 'Take nothing, say nothing', access: [] })
  remove() {}
}

describe('what stands in front of every route', () => {
  let database: TestDatabase;
  let server: HttpTestApp;
  let client: Api;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await HttpTestApp.start({
      databaseUrl: database.url,
      controllers: [ThingController],
      environment: {
        BODY_LIMIT_BYTES: '16384',
        REQUEST_TIMEOUT_MS: '300',
        CORS_ORIGINS: 'https://app.example',
        PUBLIC_URL: 'https://memory.example/base',
      },
    });
    client = api(server.url, 'somebody');
  });
  afterAll(async () => {
    await server?.close();
    await database?.drop();
  });

  describe('problems', () => {
    it.each(errorKinds)('an error of the kind %s has its status and says what and where', async (kind: ErrorKind) => {
      const { status, headers, body } = await client.get(`/things/failing/${kind}`);
      expect(status).toBe(statusOf(kind));
      expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('retry-after')).toBe('2');
      expect(headers.get('www-authenticate')).toBe(kind === 'unauthenticated' ? 'Bearer realm="keepsake"' : null);
      expect(body).toEqual({
        type: `urn:keepsake:problem:some-${kind}`,
        title: expect.any(String),
        status,
        code: `some-${kind}`,
        detail: 'It is so.',
        requestId: headers.get('x-request-id'),
        errors: [{ pointer: '/a', in: 'query', detail: 'is wrong' }],
      });
    });

    it.each([
      ['an unknown error', '/things/crashing', 500, 'internal-error'],
      ["the framework's own", '/things/crashing-in-nest', 500, 'internal-error'],
      ['an answer of another shape than declared', '/things/of-another-shape', 500, 'internal-error'],
      ['a database that is away', '/things/unreachable', 503, 'database-unavailable'],
    ])('%s shows its id and nothing of the inside; the log has the rest', async (_, path, expected, code) => {
      const { status, headers, body } = await client.get(path);
      expect(status).toBe(expected);
      expect(body.code).toBe(code);
      const whole = JSON.stringify(body);
      expect(whole).not.toContain(SECRET);
      expect(whole).not.toMatch(/\bat .*:\d+|node_modules|\.ts\b/);
      const line = server.log.find((entry) => entry.includes(code) && entry.includes(String(body.requestId)));
      expect(line).toContain('stack');
      expect(headers.get('x-request-id')).toBe(body.requestId);
    });

    it.each([
      ['no such route', 'GET', '/nothing', 404, 'route-not-found'],
      ['no such method', 'PUT', '/things', 405, 'method-not-allowed'],
      ['a path that is not a URL', 'GET', '/things/%zz', 400, 'invalid-url'],
    ])('%s', async (_, method, path, status, code) => {
      const answer = await client.send(method, path);
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ status, code, requestId: expect.any(String) });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    });

    it('a method that the route does not have is answered with those that it has', async () => {
      expect((await client.post('/things', {})).headers.get('allow')).toBe('DELETE, GET, HEAD');
      expect((await client.get('/things/echo')).headers.get('allow')).toBe('POST');
      expect((await client.patch('/things/failing/invalid', {})).headers.get('allow')).toBe('GET, HEAD');
    });

    it.each([
      ['broken JSON', '{"text": ', 'application/json', 400, 'invalid-json'],
      ['an empty object in another type', '{}', 'text/plain', 415, 'unsupported-media-type'],
      ['a type that is none', '{}', 'nonsense', 415, 'unsupported-media-type'],
      [
        'a body over the limit',
        JSON.stringify({ text: 'x'.repeat(20_000) }),
        'application/json',
        413,
        'body-too-large',
      ],
    ])('%s', async (_, body, type, status, code) => {
      const answer = await client.post('/things/echo', body, { headers: { 'content-type': type } });
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ status, code });
    });

    it('takes a body of exactly the limit', async () => {
      const frame = JSON.stringify({ text: '' }).length;
      const body = JSON.stringify({ text: 'x'.repeat(16_384 - frame) });
      expect(
        (await client.post('/things/echo', body, { headers: { 'content-type': 'application/json' } })).status,
      ).toBe(200);
    });

    it('a request that is not HTTP is refused in the same form, and the connection ends', async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write('nonsense\r\n\r\n');
      const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
      expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(head.toLowerCase()).toContain('content-type: application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'invalid-request' });
    });
  });

  it('a request that takes too long is answered 504', async () => {
    const { status, body } = await client.get('/things/endless');
    expect({ status, code: body.code }).toEqual({ status: 504, code: 'request-timeout' });
  });

  it('a field that the response does not declare can not leave', async () => {
    expect((await client.get('/things/open')).body).toEqual({ id: 'a', count: 1 });
  });

  it('HEAD answers as GET does, without the body', async () => {
    const get = await client.get('/things/open');
    const head = await client.send('HEAD', '/things/open');
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: undefined });
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    expect((await client.send('HEAD', '/nothing')).status).toBe(404);
  });

  describe('input that a route does not declare', () => {
    it.each([
      ['a query', 'GET', '/things?limit=1', undefined, 'query', '/limit', ''],
      ['a body', 'DELETE', '/things', { 'a/b': 1 }, 'body', '/a~1b', ''],
      ['a body that is no object', 'DELETE', '/things', [1], 'body', '', ''],
      ['another query field', 'GET', '/things/found?limit=1&lmit=2', undefined, 'query', '/lmit', '; known are limit'],
      ['another body field', 'POST', '/things/echo', { text: 'x', txt: 'y' }, 'body', '/txt', '; known are text'],
    ])('%s is refused', async (_, method, path, body, part, pointer, known) => {
      const answer = await client.send(method, path, { body });
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toEqual([{ pointer, in: part, detail: `is not a known field${known}` }]);
    });

    it('nothing at all, or an empty object, is no input', async () => {
      expect((await client.del('/things')).status).toBe(204);
      expect((await client.del('/things', { body: {} })).status).toBe(204);
      expect((await client.del('/things', { body: '', headers: { 'content-type': 'application/json' } })).status).toBe(
        204,
      );
    });

    it('a public route leaves parameters against caches alone', async () => {
      expect((await client.get('/things/open?t=1')).status).toBe(200);
    });
  });

  describe('headers', () => {
    it('protect a browser that shows an answer', async () => {
      const { headers } = await client.get('/things');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('strict-transport-security')).toContain('max-age=');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    });

    it('nothing may be cached by anybody, unless its route says so', async () => {
      expect((await client.get('/things')).headers.get('cache-control')).toBe('no-store');
    });

    it.each(['trace-1', 'a'.repeat(128), 'A.b_c-9'])('the request id %s is kept', async (id) => {
      expect((await client.get('/things', { headers: { 'x-request-id': id } })).headers.get('x-request-id')).toBe(id);
    });

    it.each(['', 'a b', 'a'.repeat(129), '"><script>'])('the request id %j is replaced', async (id) => {
      const { headers } = await client.get('/things', { headers: { 'x-request-id': id } });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    });

    it('the request id is in every line of the log that the request writes', async () => {
      await client.get('/things/crashing', { headers: { 'x-request-id': 'followed' } });
      expect(server.log.filter((line) => line.includes('"requestId":"followed"')).length).toBeGreaterThanOrEqual(2);
    });
  });

  describe('pages of another origin', () => {
    const preflight = (origin: string) =>
      client.send('OPTIONS', '/things/echo', {
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,idempotency-key',
        },
      });

    it('that are listed may call, and read the headers that matter', async () => {
      const { status, headers } = await preflight('https://app.example');
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(headers.get('access-control-allow-headers')).toContain('idempotency-key');
      expect(headers.get('access-control-allow-methods')).toContain('PATCH');
      const answer = await client.get('/things', { headers: { origin: 'https://app.example' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(answer.headers.get('access-control-expose-headers')).toContain('etag');
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
    });

    it('that are listed read the problems as well', async () => {
      const answer = await client.get('/things/crashing', { headers: { origin: 'https://app.example' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    });

    it.each(['https://evil.example', 'https://app.example.evil', 'http://app.example', 'null'])(
      '%s may not',
      async (origin) => {
        expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
        const answer = await client.get('/things', { headers: { origin } });
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      },
    );
  });

  it('the description of the API names where it is reached from outside', async () => {
    const { body } = await client.get('/openapi.json');
    expect(body.servers).toEqual([{ url: 'https://memory.example/base' }]);
    expect(Object.keys(body.paths)).toContain('/things/echo');
  });
});
