import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type PopulatedWorkspace, populateWorkspace, spanningJobOf, stateOf } from './routes/populated-workspace.js';
import { sampleOf } from './routes/route-samples.js';
import { fillPath, type Route, routesOf } from './routes/route-table.js';

describe('two workspaces', () => {
  let database: TestDatabase;
  let server: Keepsake;
  let routes: Route[];
  let theirs: PopulatedWorkspace;
  let mine: PopulatedWorkspace;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startKeepsake({ env: { DATABASE_URL: database.url } });
    routes = await routesOf(server.api);
    const populated = await populateWorkspace(server, 'theirs');
    theirs = { ...populated, ids: { ...populated.ids, job: await spanningJobOf(server) } };
    mine = await populateWorkspace(server, 'mine');
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await database.drop();
  });

  it('T41 every route has a valid sample call, so none is left out of the walk', () => {
    const missing = routes.filter((route) => !route.isPublic && sampleOf(route.name, mine) === undefined);
    expect(missing.map(({ name }) => name)).toEqual([]);
    expect(routes.length).toBeGreaterThan(30);
  });

  it('T41 a valid key gets 404 for every id of another workspace on every route, and changes nothing there', async () => {
    const before = await stateOf(theirs);
    const answers: string[] = [];
    for (const route of routes) {
      const sample = sampleOf(route.name, theirs);
      const ids = Object.entries(sample?.path ?? {}).filter(
        ([name]) => !['project', 'label', 'name', 'agent', 'user'].includes(name),
      );
      if (sample === undefined || ids.length === 0) continue;
      const { status, body } = await mine.api.send(route.method, fillPath(route.path, sample.path ?? {}), {
        query: sample.query,
        body: sample.body,
        headers: sample.headers,
      });
      answers.push(`${route.name} ${status}`);
      expect(JSON.stringify(body ?? null)).not.toContain(theirs.marker);
    }
    expect(answers.filter((answer) => !answer.endsWith(' 404'))).toEqual([]);
    expect(answers.length).toBeGreaterThan(12);
    expect(await stateOf(theirs)).toEqual(before);
  });

  it('T41 the same names in another workspace are other things', async () => {
    for (const route of routes.filter(({ method, isPublic }) => method === 'GET' && !isPublic)) {
      const sample = sampleOf(route.name, mine);
      const { body } = await mine.api.get(fillPath(route.path, sample?.path ?? {}), { query: sample?.query });
      expect(`${route.name} ${JSON.stringify(body ?? null)}`).not.toContain(theirs.marker);
    }
    const { body: found } = await mine.api.get('/v1/search', { query: { project: mine.project, q: theirs.marker } });
    expect(JSON.stringify(found.items)).not.toContain(theirs.marker);
  });

  it("T41 a write that names another workspace's session is refused and leaves nothing", async () => {
    const { status } = await mine.api.post('/v1/contexts', {
      project: 'atlas',
      label: 'stolen',
      content: 'text',
      sessionId: theirs.ids.session,
    });
    expect([400, 404, 422]).toContain(status);
    expect((await mine.api.get('/v1/projects/atlas/contexts/stolen')).status).toBe(404);
  });

  it('T41 what is true in another workspace is neither read nor ended, by whatever times and slots', async () => {
    const before = await stateOf(theirs);
    const slot = { subject: 'one', attribute: 'and the same' };
    const theirs1 = await theirs.api.post('/v1/contexts', { project: theirs.project, content: theirs.marker, slot });
    const mine1 = await mine.api.post('/v1/contexts', { project: theirs.project, content: 'Mine alone.', slot });
    expect([theirs1.status, mine1.status]).toEqual([201, 201]);
    const taken = { project: theirs.project, content: 'Theirs no more.', supersedes: [theirs1.body.id] };
    expect(await mine.api.post('/v1/contexts', taken)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/supersedes/0' }] },
    });
    expect((await theirs.api.get(`/v1/contexts/${theirs1.body.id}`)).body).toMatchObject({
      supersededBy: null,
      validTo: null,
    });
    const asOf = new Date().toISOString();
    expect((await mine.api.get(`/v1/contexts/${theirs1.body.id}`, { query: { asOf } })).status).toBe(404);
    const recalled = await mine.api.post('/v1/contexts/recall', { ids: [theirs1.body.id], asOf });
    expect(recalled.body).toMatchObject({ items: [], missing: [theirs1.body.id] });
    const project = theirs.project;
    for (const [path, query] of [
      ['/v1/contexts', { project, asOf }],
      ['/v1/contexts', { project, current: 'true' }],
      ['/v1/search', { project, asOf, q: theirs.marker }],
      ['/v1/search', { project, q: `${theirs.marker} right now` }],
      ['/v1/search', { project, q: `${theirs.marker} this year` }],
      [`/v1/projects/${project}/overview`, { asOf }],
    ] as const) {
      const { status, body } = await mine.api.get(path, { query });
      expect([path, status]).toEqual([path, 200]);
      expect(JSON.stringify(body.items ?? body)).not.toContain(theirs.marker);
    }
    await theirs.api.del(`/v1/contexts/${theirs1.body.id}`);
    expect(await stateOf(theirs)).toEqual(before);
  });

  it('only an operator chooses the workspace of a call', async () => {
    const headers = { 'x-keepsake-workspace': theirs.slug };
    expect((await mine.api.get(`/v1/contexts/${theirs.ids.context}`, { headers })).status).toBe(404);
    expect((await server.api.get(`/v1/contexts/${theirs.ids.context}`, { headers })).status).toBe(200);
    expect((await server.api.get(`/v1/contexts/${theirs.ids.context}`)).status).toBe(404);
  });
});
