import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { type PopulatedWorkspace, populateWorkspace } from './routes/populated-workspace.js';
import { sampleOf } from './routes/route-samples.js';
import { fillPath, type Route, routesOf } from './routes/route-table.js';

/** What acts on the shared tier alone, and can't be done without it. Everything else is answered by the sources. */
const NEEDS_REDIS = [
  'GET /v1/admin/cache/entries/{key}',
  'GET /v1/admin/cache/keys',
  'POST /v1/admin/cache/invalidations',
  'POST /v1/admin/cache/rate-limits/reset',
  'POST /v1/admin/cache/test',
];

const deletes = ({ method }: Route) => method === 'DELETE';

describe('every route while Redis is away', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let server: Keepsake;
  let routes: Route[];

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    server = await startKeepsake({
      env: { DATABASE_URL: database.url, REDIS_URL: redis.url, RATE_LIMIT_ENABLED: 'true', LOG_LEVEL: 'fatal' },
    });
    routes = (await routesOf(server.api)).filter(({ isPublic }) => !isPublic);
  }, 120_000);

  afterAll(async () => {
    redis.resume();
    await server.remove();
    await redis.remove();
    await database.drop();
  }, 120_000);

  /** As an operator, whose calls are not limited. */
  async function call(route: Route, workspace: PopulatedWorkspace) {
    const sample = sampleOf(route.name, workspace);
    const { status, body } = await server.api.send(route.method, fillPath(route.path, sample?.path ?? {}), {
      query: sample?.query,
      body: sample?.body,
      headers: { ...sample?.headers, 'x-keepsake-workspace': workspace.slug },
    });
    return { name: route.name, status, code: body?.code as string | undefined };
  }

  it.each([
    ['silent', async () => redis.pause(), async () => redis.resume()],
    ['down', () => redis.stop(), () => redis.start()],
  ])(
    'is answered, or refused with 503 where it means Redis itself: %s',
    async (state, leave, comeBack) => {
      const workspace = await populateWorkspace(server, state);
      await leave();
      try {
        // Writes wait for their invalidation, each for a second; what deletes comes when the others are through.
        const answers = await Promise.all(
          routes.filter((route) => !deletes(route)).map((each) => call(each, workspace)),
        );
        for (const route of routes.filter(deletes)) answers.push(await call(route, workspace));
        expect(answers.length).toBeGreaterThan(50);
        const failed = answers.filter(({ status }) => status >= 500);
        expect(
          failed.filter(({ status, code }) => status !== 503 || !/^(cache|limits)-unavailable$/.test(code ?? '')),
        ).toEqual([]);
        expect(failed.map(({ name }) => name).filter((name) => !NEEDS_REDIS.includes(name))).toEqual([]);
      } finally {
        await comeBack();
      }
      await eventually(async () => (await server.api.get('/v1/admin/cache/health')).body.status === 'up', {
        what: 'the cache to be up again',
      });
    },
    120_000,
  );
});
