import { Api } from '#test/support/api.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

const monthOf = (month: number) => new Date(Date.UTC(2024, month - 1, 1)).toISOString();
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

describe.each(DATABASES)('lists and overviews of what is true, on %s', (_, outside) => {
  let fixture: ServerFixture;
  let api: Api;

  const store = async (project: string, label: string, content: string, rest: object = {}) => {
    const { status, body } = await api.post('/v1/contexts', { project, label, content, ...rest });
    expect(status).toBe(201);
    return body;
  };

  beforeAll(async () => {
    fixture = await startFixtureOn(outside, { LOG_LEVEL: 'warn' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('lists what is valid now alone where that is asked, page by page, and then as of a time', async () => {
    const project = 'listed';
    const slot = { subject: 'mill', attribute: 'grain' };
    await store(project, 'old', 'The mill grinds rye.', { slot, validFrom: monthOf(1) });
    await store(project, 'over', 'The mill is shut in winter.', { validTo: monthOf(3), validFrom: monthOf(1) });
    await store(project, 'planned', 'The mill moves.', { validFrom: inDays(2) });
    await store(project, 'replaced later', 'The miller is Ada.');
    await store(project, 'successor', 'The miller is Bea.', {
      slot: { subject: 'mill', attribute: 'miller' },
      validFrom: inDays(2),
    });
    const now = await store(project, 'now', 'The mill grinds oats.', { slot, validFrom: monthOf(2) });
    const labels = async (query: Record<string, string | number>) => {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const { status, body } = await api.get('/v1/contexts', {
          query: { project, ...query, ...(cursor && { cursor }) },
        });
        expect(status).toBe(200);
        found.push(...body.items.map(({ label }: any) => label));
        cursor = body.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    };
    expect(await labels({})).toHaveLength(6);
    expect(await labels({ current: 'true', limit: 1 })).toEqual(['now', 'replaced later']);
    expect(await labels({ current: 'true', versions: 'all', asOf: '2024-01-15T00:00:00Z' })).toEqual(['over', 'old']);
    await api.post(`/v1/contexts/${now.id}/archive`);
    // What it ended is valid again, for the next read.
    expect(await labels({ current: 'true' })).toEqual(['replaced later', 'old']);
    expect((await api.get('/v1/contexts', { query: { project, current: 'yes' } })).status).toBe(400);
  });

  it('shows a project as it was: texts, versions and archive marks of then, priority and use of today', async () => {
    const project = 'overviewed';
    await store(project, 'roof', 'The roof is straw.', { validFrom: monthOf(1) });
    const tiles = await store(project, 'roof', 'The roof is tiles. Tiles!', { validFrom: monthOf(4) });
    const door = await store(project, 'house/door', 'The door is red.', { validFrom: monthOf(2), validTo: monthOf(6) });
    const overview = async (query: Record<string, string> = {}) => {
      const { status, body } = await api.get(`/v1/projects/${project}/overview`, { query });
      expect(status).toBe(200);
      return body;
    };
    const previews = ({ tree }: any): string[] =>
      tree.nodes.flatMap(({ context, children }: any) => [
        ...(context === null ? [] : [context.preview]),
        ...children.map(({ context: below }: any) => below.preview),
      ]);
    const today = ['tags', 'priority', 'use'];
    const march = await overview({ asOf: monthOf(3) });
    expect(march.asOf).toEqual({ time: monthOf(3), today });
    expect(previews(march).toSorted()).toEqual(['The door is red.', 'The roof is straw.']);
    expect(march.counts).toMatchObject({ labels: 2, versions: 2, archivedVersions: 0, totalBytes: 34 });
    expect(previews(await overview({ asOf: monthOf(7) }))).toEqual(['The roof is tiles. Tiles!']);
    expect((await overview({ asOf: '2023-01-01T00:00:00Z' })).counts).toMatchObject({
      labels: 0,
      versions: 0,
      totalBytes: 0,
    });
    expect((await overview()).asOf).toBeNull();
    // Priority is today's, and so is an archive mark that came later: it is not seen.
    await api.patch(`/v1/contexts/${door.id}`, { priority: 'important' });
    await api.post(`/v1/contexts/${tiles.id}/archive`);
    const again = await overview({ asOf: monthOf(5) });
    expect(again.counts).toMatchObject({ labels: 2, archivedVersions: 0, byPriority: { important: 1, reference: 1 } });
    expect(previews(again)).toContain('The roof is tiles. Tiles!');
    expect((await overview()).counts).toMatchObject({ archivedVersions: 1 });
    expect((await api.get(`/v1/projects/${project}/overview`, { query: { asOf: 'then' } })).status).toBe(400);
  });
});
