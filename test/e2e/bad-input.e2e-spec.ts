import { get, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { eventually } from '#test/support/eventually.js';
import { type PopulatedWorkspace, populateWorkspace } from './routes/populated-workspace.js';
import { type RouteSample, sampleOf } from './routes/route-samples.js';
import { fillPath, type Route, routesOf } from './routes/route-table.js';

interface BadCall {
  readonly what: string;
  readonly expected: readonly number[];
  /** The field that the problem must name; undefined where no single one is at fault. */
  readonly pointer?: string;
  readonly path?: string;
  readonly query?: RouteSample['query'];
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** What is a number in other notations than plain digits. */
const NO_DIGITS = ['0x10', '1e1', '+5', ' 5', '5 ', '05', '-0', '', '٥', 'NaN'];

/** How the library of schemas words what it finds, which says little to who has not read its manual. */
const OF_THE_LIBRARY =
  /Invalid (input|option|string|key|value|number|U?UID)|expected .*received|Too (small|big)|Unrecognized/;

const json = { 'content-type': 'application/json' };

/** A value that no JSON Schema of that type takes. */
function wrongType(schema: any): unknown {
  const types = [schema.type, ...(schema.anyOf ?? schema.oneOf ?? []).map((part: any) => part.type)].flat();
  if (!types.includes('object') && !types.includes('array')) return { a: { b: 1 } };
  return types.includes('string') ? 17 : 'text';
}

const KINDS_OF_SCHEMA = ['type', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', '$ref'];

function badCallsOf(route: Route, sample: RouteSample): BadCall[] {
  const path = fillPath(route.path, sample.path ?? {});
  const calls: BadCall[] = [
    {
      what: 'no key',
      expected: [401],
      path,
      query: sample.query,
      body: sample.body,
      headers: { ...sample.headers, authorization: '' },
    },
    {
      what: 'a wrong key',
      expected: [401],
      path,
      query: sample.query,
      body: sample.body,
      headers: { ...sample.headers, authorization: `Bearer ks_wrong_${'x'.repeat(40)}` },
    },
    {
      what: 'an unknown query field',
      expected: [400],
      pointer: '/surprise',
      path,
      query: { ...sample.query, surprise: '1' },
      body: sample.body,
      headers: sample.headers,
    },
  ];
  if (route.pathParameters.includes('id')) {
    const at = (id: string) => fillPath(route.path, { ...sample.path, id });
    calls.push({
      what: 'an id that is none',
      expected: [400],
      pointer: '/id',
      path: at('not-an-id'),
      query: sample.query,
      body: sample.body,
    });
    calls.push({ what: 'an id with NUL', expected: [400], path: at('a\0b'), query: sample.query, body: sample.body });
    calls.push({
      what: 'an unknown id',
      expected: [404],
      path: at('01890000-0000-7000-8000-000000000000'),
      query: sample.query,
      body: sample.body,
    });
  }
  for (const name of route.queryParameters) {
    calls.push({
      what: `NUL in the query field ${name}`,
      expected: [400],
      pointer: `/${name}`,
      path,
      query: { ...sample.query, [name]: 'a\0b' },
      body: sample.body,
      headers: sample.headers,
    });
    calls.push({
      what: `a too long query field ${name}`,
      expected: [400],
      pointer: `/${name}`,
      path,
      query: { ...sample.query, [name]: 'x'.repeat(9000) },
      body: sample.body,
      headers: sample.headers,
    });
  }
  for (const name of route.numericParameters)
    for (const number of NO_DIGITS)
      calls.push({
        what: `${JSON.stringify(number)} for the number ${name}`,
        expected: [400],
        pointer: `/${name}`,
        path,
        query: { ...sample.query, [name]: number },
        body: sample.body,
        headers: sample.headers,
      });
  if (route.body === undefined || typeof sample.body === 'string') return calls;
  const body = sample.body ?? {};
  const at = { path, query: sample.query };
  calls.push(
    { what: 'broken JSON', expected: [400], ...at, body: '{"a": ', headers: json },
    { what: 'JSON that is not UTF-8', expected: [400], ...at, body: new Uint8Array([0x22, 0xff, 0x22]), headers: json },
    { what: 'a polluting name', expected: [400], ...at, body: '{"__proto__": {"admin": true}}', headers: json },
    {
      what: 'a wrong media type',
      expected: [415],
      ...at,
      body: JSON.stringify(body),
      headers: { 'content-type': 'text/plain' },
    },
    {
      what: 'a form',
      expected: [415],
      ...at,
      body: 'a=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    { what: 'an array for the body', expected: [400], ...at, body: [body] },
    { what: 'a text for the body', expected: [400], ...at, body: '"text"', headers: json },
    {
      what: 'a body nested too deep',
      expected: [400],
      ...at,
      body: `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      headers: json,
    },
    { what: 'a body too large', expected: [413], ...at, body: { ...body, surprise: 'x'.repeat(9 * 1024 * 1024) } },
    { what: 'an unknown field', expected: [400], pointer: '/surprise', ...at, body: { ...body, surprise: 1 } },
  );
  for (const name of (route.body['required'] as string[] | undefined) ?? []) {
    const { [name]: _, ...rest } = body;
    calls.push({ what: `${name} missing`, expected: [400], pointer: `/${name}`, ...at, body: rest });
  }
  for (const [name, schema] of Object.entries<any>(route.body['properties'] ?? {})) {
    // What takes any value has no wrong one.
    if (!KINDS_OF_SCHEMA.some((keyword) => keyword in schema)) continue;
    calls.push({
      what: `a wrong type for ${name}`,
      expected: [400],
      pointer: `/${name}`,
      ...at,
      body: { ...body, [name]: wrongType(schema) },
    });
    if (schema.type !== 'string') continue;
    calls.push({
      what: `NUL in ${name}`,
      expected: [400],
      pointer: `/${name}`,
      ...at,
      body: { ...body, [name]: 'a\0b' },
    });
    calls.push({
      what: `a lone surrogate in ${name}`,
      expected: [400],
      pointer: `/${name}`,
      ...at,
      body: JSON.stringify({ ...body, [name]: '?' }).replace('"?"', '"\\ud800"'),
      headers: json,
    });
    calls.push({
      what: `${name} too long`,
      expected: [400, 413],
      pointer: `/${name}`,
      ...at,
      body: { ...body, [name]: 'x'.repeat(tooLong(route)) },
    });
  }
  return calls;
}

/** More than any text of the route may have, and within what its body may have. */
function tooLong({ name }: Route): number {
  if (name === 'POST /v1/contexts/ingest') return 5 * 1024 * 1024 + 1;
  return name === 'POST /v1/contexts' || name === 'POST /v1/embeddings' ? 2 * 1024 * 1024 : 200_000;
}
const OPERATORS_ROUTES =
  /\/v1\/workspaces|PATCH \/v1\/admin\/cache\/families|rate-limits\/reset|GET \/v1\/admin\/cache\/(stats|advice)$|GET \/metrics/;

describe('bad input', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let routes: Route[];
  let workspace: PopulatedWorkspace;
  let rows: pg.Client;

  /** Rows of every table of the product, by name. */
  async function countRows(): Promise<Record<string, number>> {
    const { rows: tables } = await rows.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE n.nspname = 'public' AND relkind = 'r' AND relname <> 'process_reports' ORDER BY 1`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables)
      counts[name] = Number((await rows.query(`SELECT count(*) FROM ${name}`)).rows[0].count);
    return counts;
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startKeepsake({ env: { DATABASE_URL: database.url, WORKER_ENABLED: 'false' } });
    // What /mcp makes of its messages is the matter of another protocol, and of mcp/mcp-protocol.e2e-spec.ts.
    routes = (await routesOf(server.api)).filter(({ isPublic, path }) => !isPublic && path !== '/mcp');
    workspace = await populateWorkspace(server, 'careful');
    rows = new pg.Client({ connectionString: database.url });
    await rows.connect();
  }, 120_000);

  afterAll(async () => {
    await rows.end();
    await server.remove();
    await database.drop();
  });

  it('T23 is refused on every route with a 4xx problem that names the field, and nothing is written', async () => {
    // What was forgotten to fill the workspace is erased from the caches behind the answer.
    await eventually(async () => (await countRows())['cache_erasures'] === 0, {
      timeoutMs: 90_000,
      what: 'the end of an erasure',
    });
    const before = await countRows();
    const wrong: string[] = [];
    let count = 0;
    for (const route of routes) {
      const sample = sampleOf(route.name, workspace);
      if (sample === undefined) throw new Error(`${route.name} has no sample call`);
      // What only an operator may call is called by one, so that the input is what is refused.
      const client = OPERATORS_ROUTES.test(route.name) ? server.api : workspace.api;
      for (const call of badCallsOf(route, sample)) {
        count++;
        const answer = await client.send(route.method, call.path ?? route.path, {
          query: call.query,
          body: call.body,
          headers: call.headers,
        });
        const names = (answer.body?.errors ?? []).map((error: { pointer: string }) => error.pointer);
        const isProblem =
          answer.headers.get('content-type')?.startsWith('application/problem+json') === true &&
          typeof answer.body?.requestId === 'string';
        const isNamed =
          call.pointer === undefined ||
          names.some((name: string) => name === call.pointer || name.startsWith(`${call.pointer}/`));
        const isPlain = !OF_THE_LIBRARY.test(JSON.stringify([answer.body?.detail, answer.body?.errors]));
        if (!call.expected.includes(answer.status) || !isProblem || !isNamed || !isPlain) {
          wrong.push(`${route.name} with ${call.what}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 200)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(300);
    expect(new Set(routes.flatMap(({ numericParameters }) => numericParameters)).size).toBeGreaterThan(8);
    expect(await countRows()).toEqual(before);
    expect(server.stderr + server.stdout).not.toContain('"level":"error"');
  }, 270_000);

  it('T23 SQL in a text is a text', async () => {
    const text = `'; DROP TABLE contexts; -- $1 \\ %s " OR 1=1`;
    const { status, body } = await workspace.api.post('/v1/contexts', {
      project: workspace.project,
      label: text,
      content: `${text} updated_at`,
      tags: [text],
    });
    expect(status).toBe(201);
    expect(
      (await workspace.api.get(`/v1/projects/${workspace.project}/contexts/${encodeURIComponent(text)}`)).body,
    ).toMatchObject({ id: body.id, content: `${text} updated_at` });
    expect(
      (await workspace.api.get('/v1/contexts', { query: { project: workspace.project, tags: text } })).status,
    ).toBeLessThan(500);
    for (const q of [text, `updated_at`, `a' | !b & (c`, '"unclosed', '-', ':*', '\\', '%']) {
      expect((await workspace.api.get('/v1/search', { query: { project: workspace.project, q } })).status).toBeLessThan(
        500,
      );
    }
  });

  it.each(['/docs/../../etc/passwd', '/docs/%2e%2e/x', '/docs/..%5C..%5Cx', '/docs/%00', '/docs/nothing', '/../x'])(
    'nothing is at %s',
    async (path) => {
      const { hostname, port } = new URL(server.url);
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ hostname, port, path }, resolve).on('error', reject);
      });
      const body = JSON.parse(await textOf(answer));
      expect([answer.statusCode, body.code]).toEqual([404, 'route-not-found']);
    },
  );

  it('a path that is no URL is a problem too', async () => {
    const answer = await fetch(`${server.url}/v1/%zz`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
