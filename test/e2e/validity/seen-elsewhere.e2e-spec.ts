import { randomUUID } from 'node:crypto';
import { eventually } from '#test/support/eventually.js';
import { CachingFixture } from '../caching/caching-places.js';

const slot = { subject: 'Billing service', attribute: 'database' };

describe('what takes the place of what is seen by the next read of another process', () => {
  let fixture: CachingFixture;
  let count = 0;

  beforeAll(async () => {
    fixture = await CachingFixture.at(
      { processes: 2, redis: true, database: true },
      { EMBEDDING_PROVIDER: 'off', KEEPSAKE_BOOTSTRAP_KEY: `ks_${randomUUID()}` },
    );
  }, 180_000);

  afterAll(() => fixture.remove(), 120_000);

  const newProject = () => `elsewhere-${++count}`;
  const store = async (project: string, content: string, rest: object = {}): Promise<any> => {
    const { status, body } = await fixture.here.api.post('/v1/contexts', { project, content, ...rest });
    expect(status).toBe(201);
    return body;
  };
  const read = async (path: string): Promise<any> => (await fixture.there.api.get(path)).body;

  /** What each read of another process says of a context: the same everywhere. */
  async function seenOf(project: string, { id, label }: any): Promise<Record<string, unknown>> {
    const named = encodeURIComponent(label);
    const { items: found } = await read(`/v1/search?project=${project}&q=billing+database`);
    const { items: current } = await read(`/v1/search?project=${project}&q=billing+database&current=true`);
    const { items: listed } = await read(`/v1/contexts?project=${project}`);
    const { items: valid } = await read(`/v1/contexts?project=${project}&current=true`);
    const of = (items: any[]) => items.find((item) => item.id === id)?.supersededBy;
    const isIn = (items: any[]) => items.some((item) => item.id === id);
    return {
      get: (await read(`/v1/contexts/${id}`)).supersededBy,
      byLabel: (await read(`/v1/projects/${project}/contexts/${named}`)).supersededBy,
      search: of(found),
      list: of(listed),
      isCurrentHit: isIn(current),
      isCurrentListed: isIn(valid),
      isFirst: found[0]?.id === id,
    };
  }

  const superseded = (successor: string | null) => ({
    get: successor,
    byLabel: successor,
    search: successor,
    list: successor,
    isCurrentHit: successor === null,
    isCurrentListed: successor === null,
  });

  it('T2 a slot gets another value, which is archived again', async () => {
    const project = newProject();
    const old = await store(project, 'The billing database is MySQL.', { slot });
    expect(await seenOf(project, old)).toMatchObject({ ...superseded(null), isFirst: true });
    const next = await store(project, 'The billing database is PostgreSQL.', { slot });
    expect(await seenOf(project, old)).toMatchObject({ ...superseded(next.id), isFirst: false });
    expect((await fixture.here.api.post(`/v1/contexts/${next.id}/archive`)).status).toBe(200);
    expect(await seenOf(project, old)).toMatchObject({ ...superseded(null), isFirst: true });
    expect((await fixture.here.api.del(`/v1/contexts/${next.id}`)).status).toBeLessThan(300);
    expect(await seenOf(project, old)).toMatchObject({ ...superseded(null), isFirst: true });
  }, 120_000);

  it('T2 a context says what it supersedes, and is deleted', async () => {
    const project = newProject();
    const old = await store(project, 'The billing database is MySQL.');
    expect(await seenOf(project, old)).toMatchObject(superseded(null));
    const next = await store(project, 'Nobody knows what billing runs on.', { supersedes: [old.id] });
    expect(await seenOf(project, old)).toMatchObject(superseded(next.id));
    expect((await fixture.here.api.del(`/v1/contexts/${next.id}`)).status).toBeLessThan(300);
    expect(await seenOf(project, old)).toMatchObject(superseded(null));
  }, 120_000);

  it('T2 a conflict is found and decided', async () => {
    const project = newProject();
    const said = await fixture.here.api.patch(`/v1/projects/${project}`, { supersede: 'propose' });
    expect(said.status).toBe(200);
    const old = await store(project, 'The billing database listens on port 5432.');
    expect((await read(`/v1/conflicts?project=${project}`)).items).toEqual([]);
    const next = await store(project, 'The billing database listens on port 6432.');
    const [conflict] = await eventually(
      async () => {
        const { items } = await read(`/v1/conflicts?project=${project}`);
        return items.length > 0 ? items : undefined;
      },
      { timeoutMs: 60_000, what: 'the conflict' },
    );
    expect(await seenOf(project, old)).toMatchObject(superseded(null));
    const decided = await fixture.here.api.post(`/v1/conflicts/${conflict.id}/resolve`, { disposition: 'keep_new' });
    expect(decided.status).toBe(200);
    expect(await seenOf(project, old)).toMatchObject(superseded(next.id));
    expect((await read(`/v1/conflicts?project=${project}`)).items).toEqual([]);
  }, 120_000);
});
