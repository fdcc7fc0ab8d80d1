import { createHash } from 'node:crypto';
import { toolDefinitions } from '#mcp';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp, type McpClient } from '#test/support/mcp.js';
import { type PopulatedWorkspace, populateWorkspace } from './routes/populated-workspace.js';
import { sampleOf } from './routes/route-samples.js';
import { fillPath, type Route, routesOf } from './routes/route-table.js';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);

/** Positions that no list has, or that a statement would fail on. */
const POSITIONS = [
  ['\0'],
  ['not a uuid'],
  ["' OR 1=1 --"],
  [1e300],
  [-1],
  ['0189aaaa-0000-7000-8000-000000000000'],
  ['2026-01-01T00:00:00.000Z', '0189aaaa-0000-7000-8000-000000000000'],
  [1, '0189aaaa-0000-7000-8000-000000000000', 1e300, 1e300, 'term\0', 1e300],
  ['0'.repeat(300)],
];

/** Made by whoever knows the code but not the secret, and by whoever knows nothing. */
const FORGED = [
  ...POSITIONS.flatMap((position) => [encode([digest(position), ...position]), encode(['', ...position])]),
  encode({ __proto__: [] }),
  encode(null),
  '%00',
  'x'.repeat(500),
];

describe('cursors of two processes', () => {
  let database: TestDatabase;
  let one: Keepsake;
  let two: Keepsake;
  let workspace: PopulatedWorkspace;
  let routes: Route[];
  let client: McpClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'],
      KEEPSAKE_BOOTSTRAP_KEY: `ks_cursors_${'x'.repeat(32)}`,
      WORKER_ENABLED: 'false',
    };
    [one, two] = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
    workspace = await populateWorkspace(one, 'cursors');
    routes = (await routesOf(one.api)).filter(({ queryParameters }) => queryParameters.includes('cursor'));
    client = await connectHttp(one, { profile: 'full' });
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await Promise.all([one?.remove(), two?.remove()]);
    await database?.drop();
  });

  it('T70 a forged cursor is 400 whatever it holds, on every list route', async () => {
    const headers = { 'x-keepsake-workspace': workspace.slug };
    const wrong: string[] = [];
    for (const { name, method, path } of routes) {
      const sample = sampleOf(name, workspace);
      for (const cursor of FORGED) {
        const query = { ...sample?.query, cursor };
        const { status, body } = await one.api.send(method, fillPath(path, sample?.path ?? {}), { headers, query });
        if (status !== 400 || body.code !== 'invalid-cursor') wrong.push(`${name} ${cursor}: ${status} ${body.code}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(routes.length).toBeGreaterThan(12);
  });

  it('T70 a forged cursor is refused by every tool and list of MCP', async () => {
    const lists = toolDefinitions.filter(({ route }) =>
      routes.some(({ name }) => name === route.replaceAll(/:(\w+)/g, '{$1}')),
    );
    const wrong: string[] = [];
    for (const { name, route } of lists) {
      const sample = sampleOf(route.replaceAll(/:(\w+)/g, '{$1}'), workspace);
      for (const cursor of FORGED) {
        const { isError, data } = await client.call(name, { ...sample?.path, ...sample?.query, cursor });
        if (!isError || data.status !== 400) wrong.push(`${name} ${cursor}: ${JSON.stringify(data)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(lists.length).toBeGreaterThan(8);
    for (const cursor of FORGED) await expect(client.sdk.listResources({ cursor })).rejects.toThrow(/cursor/i);
  });

  it('T70 a cursor of one process is one of the other, and of no other list', async () => {
    const api = workspace.api;
    for (const label of ['a', 'b', 'c']) await api.post('/v1/contexts', { project: 'atlas', label, content: label });
    const query = { project: 'atlas', limit: 2 };
    const first = await api.get('/v1/contexts', { query });
    const rest = await two.api
      .as(workspace.key)
      .get('/v1/contexts', { query: { ...query, cursor: first.body.nextCursor } });
    expect([first.status, rest.status]).toEqual([200, 200]);
    const labels = [...first.body.items, ...rest.body.items].map(({ label }: { label: string }) => label);
    expect(new Set(labels).size).toBe(4);
    const elsewhere = await api.get('/v1/sessions', { query: { project: 'atlas', cursor: first.body.nextCursor } });
    expect([elsewhere.status, elsewhere.body.code]).toEqual([400, 'invalid-cursor']);
  });
});
