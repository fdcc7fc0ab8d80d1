import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { CachingFixture } from './caching/caching-places.js';

const KEY = `ks_warmed_${'x'.repeat(32)}`;

describe('T64 what was warmed is read without a statement, the first time, on any process', () => {
  let fixture: CachingFixture;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.at(
      { processes: 2, redis: true, database: true },
      { KEEPSAKE_BOOTSTRAP_KEY: KEY, EMBEDDING_PROVIDER: 'off', REDIS_SOCKET_TIMEOUT: '5000' },
    );
    // The credential is known to both, and so is what a process looks up once.
    for (const server of fixture.servers) await server.api.get('/v1/contexts?project=nothing');
  }, 180_000);

  afterAll(() => fixture.remove(), 120_000);

  const reason = 'a test';

  async function made(api: Api, path: string, body: object, headers = {}): Promise<any> {
    const answer = await api.post(path, body, { headers });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A project with something of everything. */
  async function fill(): Promise<string> {
    const { api } = fixture.here;
    const project = `p${++count}`;
    const { id } = await made(api, '/v1/sessions', { project });
    await made(api, `/v1/sessions/${id}/entries`, { kind: 'todo', text: 'Trim the wick' });
    await made(api, '/v1/contexts', { project, label: 'rules', content: 'Never at night.', priority: 'always_check' });
    await made(api, `/v1/sessions/${id}/end`, { summary: 'ended' });
    return project;
  }

  /** Resolves with its id when what it warms is warm. */
  async function startSession(project: string): Promise<string> {
    const start = randomUUID();
    const { id } = await made(fixture.here.api, '/v1/sessions', { project }, { 'x-request-id': start });
    // Warming goes on behind the answer, on behalf of the same request.
    await eventually(
      async () => {
        const before = await fixture.statements.statementsOf(start);
        await pause(1_000);
        return (await fixture.statements.statementsOf(start)).length === before.length;
      },
      { timeoutMs: 60_000, what: 'the warming to be done' },
    );
    return id;
  }

  const warmedOf = (project: string, session?: string): readonly string[] => [
    `/v1/contexts?project=${project}`,
    `/v1/projects/${project}`,
    `/v1/handovers/latest?project=${project}`,
    ...(session === undefined ? [] : [`/v1/sessions/${session}`, `/v1/sessions/${session}/entries`]),
  ];

  /** What the first read of each sends, each on a process that has not read it. */
  async function sentFor(paths: readonly string[]): Promise<[path: string, statements: readonly string[]][]> {
    const sent: [string, readonly string[]][] = [];
    for (const { api } of fixture.servers)
      for (const path of paths) {
        const id = randomUUID();
        expect([path, (await api.get(path, { headers: { 'x-request-id': id } })).status]).toEqual([path, 200]);
        sent.push([path, await fixture.statements.statementsOf(id)]);
      }
    return sent;
  }

  const nothing = (paths: readonly string[]) => fixture.servers.flatMap(() => paths.map((path) => [path, []]));

  it.each(['project', 'session'])(
    'by a job that warms a %s',
    async (what) => {
      const { api } = fixture.here;
      const project = await fill();
      const session = what === 'session' ? await startSession(project) : undefined;
      const paths = warmedOf(project, session);
      await made(api, '/v1/admin/cache/invalidations', { project, reason });
      await made(api, '/v1/admin/cache/invalidations', { family: 'session', reason });
      // The count can fail: what is cold asks.
      const cold = await sentFor([paths[0] as string]);
      expect(cold[0]?.[1]).not.toEqual([]);
      await made(api, '/v1/admin/cache/invalidations', { project, reason });
      const { job } = await made(api, '/v1/admin/cache/warm', session === undefined ? { project } : { session });
      await eventually(async () => (await api.get(`/v1/jobs/${job.id}`)).body.state === 'completed', {
        timeoutMs: 60_000,
        what: 'the warming to be done',
      });
      expect(await sentFor(paths)).toEqual(nothing(paths));
    },
    120_000,
  );

  it('by the start of a session, but for the counts of its project, which its answer has', async () => {
    const project = await fill();
    const paths = warmedOf(project, await startSession(project)).filter((path) => path !== `/v1/projects/${project}`);
    expect(await sentFor(paths)).toEqual(nothing(paths));
  }, 120_000);
});
