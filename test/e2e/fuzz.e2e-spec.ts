import { Agent, request as send } from 'node:http';
import fc from 'fast-check';
import { residentBytesOf } from '#test/setup/services/process-table.mjs';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type FuzzedRequest, requestArbitrary } from './fuzz/request-arbitrary.js';
import { populateWorkspace } from './routes/populated-workspace.js';
import { routesOf } from './routes/route-table.js';

/** `FUZZ_REQUESTS` and `FUZZ_SEED` ask for more, or for the same again. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 20_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const AT_ONCE = 16;
const BATCH = 1_000;
const SLOWEST_MS = 20_000;
const MAX_GROWTH_BYTES = 150 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

describe('malformed requests', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let database: TestDatabase;
  let server: Keepsake;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startKeepsake({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: process.env['TEST_REDIS_URL'],
        LOG_LEVEL: 'error',
        WORKER_ENABLED: 'false',
      },
    });
  }, 120_000);

  afterAll(async () => {
    agent.destroy();
    await server.remove();
    await database.drop();
  });

  function ask({ method, path, headers, body }: FuzzedRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = send(
        { host: '127.0.0.1', port: server.port, method, path, headers, agent, timeout: SLOWEST_MS },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, contentType: incoming.headers['content-type'] ?? '', text }),
          );
          incoming.on('error', reject);
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${SLOWEST_MS} ms`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** What is wrong with the answer, if anything. */
  function problemOf(asked: FuzzedRequest, { status, contentType, text }: Answer): string | undefined {
    const what = `${asked.method} ${asked.path.slice(0, 200)} ${JSON.stringify(asked.headers)} ${asked.body?.toString().slice(0, 300)}`;
    if (status === 0) return `${text} for ${what}`;
    if (status >= 500 && status !== 504) return `${status} for ${what}: ${text.slice(0, 500)}`;
    if (status === 504 && asked.headers['cache-control'] !== 'only-if-cached') return `504 for ${what}`;
    // What is wrong with a message of /mcp is reported in the words of its own protocol.
    const isReported =
      contentType.startsWith('application/problem+json') ||
      (asked.path.startsWith('/mcp') && text.includes('"jsonrpc":"2.0"') && text.includes('"error":'));
    if (status >= 400 && asked.method !== 'HEAD' && !isReported)
      return `${status} without a problem for ${what}: ${text.slice(0, 200)}`;
    if (/\bat .*\.(js|ts):\d+/.test(text)) return `a stack trace for ${what}`;
    return undefined;
  }

  it(
    `of every route, ${REQUESTS} of them, give no 5xx and no hang, and memory stays flat`,
    async () => {
      const workspace = await populateWorkspace(server, 'fuzzed');
      const routes = await routesOf(server.api);
      const arbitrary = requestArbitrary(
        // Nothing shall end the credential that the others need.
        routes.filter(({ name }) => !/^(DELETE|POST|PATCH) \/v1\/keys\/|logout/.test(name)),
        [...Object.values(workspace.ids), workspace.project, 'default', '01890000-0000-7000-8000-000000000000'],
        [`Bearer ${workspace.key}`, `Bearer ${server.key}`, undefined, 'Bearer x', 'Basic YTpi', 'Bearer aa.bb.cc'],
      );
      const problems: string[] = [];
      const statuses = new Map<number, number>();
      let warm = 0;
      for (let done = 0; done < REQUESTS; done += BATCH) {
        const batch = fc.sample(arbitrary, { numRuns: Math.min(BATCH, REQUESTS - done), seed: SEED + done });
        let next = 0;
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            for (let asked = batch[next++]; asked !== undefined; asked = batch[next++]) {
              const answer = await ask(asked).catch((error: Error) => ({
                status: 0,
                contentType: '',
                text: error.message,
              }));
              statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
              const problem = problemOf(asked, answer);
              if (problem !== undefined) problems.push(problem);
            }
          }),
        );
        if (warm === 0 && done >= REQUESTS / 2) warm = residentBytesOf(server.pid);
      }
      expect(problems).toEqual([]);
      // Enough of them got far enough to do something.
      expect(
        [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0),
      ).toBeGreaterThan(REQUESTS / 100);
      expect(residentBytesOf(server.pid) - warm).toBeLessThan(MAX_GROWTH_BYTES);
      expect((await server.api.get('/health/ready')).status).toBe(200);
    },
    60_000 + REQUESTS * 20,
  );
});
