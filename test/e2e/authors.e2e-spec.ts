import type { Api, ApiAnswer } from '#test/support/api.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { connectHttp } from '#test/support/mcp.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

/** Of one kind of row: how it is written, and where it is read. */
type Way = readonly [
  kind: string,
  write: (api: Api, place: Place) => Promise<ApiAnswer<any>>,
  read: (api: Api, place: Place) => Promise<any>,
];

interface Place {
  readonly project: string;
  readonly session: string;
  readonly conversation: string;
}

const ways: readonly Way[] = [
  [
    'contexts',
    (api, { project }) => api.post('/v1/contexts', { project, label: 'note', content: 'Kept.' }),
    async (api, { project }) => (await api.get(`/v1/projects/${project}/contexts/note`)).body,
  ],
  [
    'entries',
    (api, { session }) => api.post(`/v1/sessions/${session}/entries`, { kind: 'progress', text: 'Done.' }),
    async (api, { session }) => (await api.get(`/v1/sessions/${session}/entries`)).body.items.at(-1),
  ],
  [
    'handovers',
    (api, { project }) => api.post('/v1/handovers', { project, summary: 'By hand.' }),
    async (api, { project }) => (await api.get('/v1/handovers/latest', { query: { project } })).body.handover,
  ],
  [
    'messages',
    (api, { conversation }) =>
      api.post(`/v1/conversations/${conversation}/messages`, { messages: [{ role: 'user', content: 'Said.' }] }),
    async (api, { conversation }) => (await api.get(`/v1/conversations/${conversation}/messages`)).body.items.at(-1),
  ],
  [
    'states of agents',
    (api, { project }) => api.put('/v1/agents/planner/state', { project, value: { step: 1 } }),
    async (api, { project }) => (await api.get('/v1/agents/planner/state', { query: { project } })).body,
  ],
];

describe.each(DATABASES)('who wrote it, on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;
  let count = 0;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, {
      EMBEDDING_PROVIDER: 'off',
      WORKER_ENABLED: 'false',
      SESSION_SWEEP_SECONDS: '3600',
    });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  async function newWriter() {
    const { status, body } = await api.post('/v1/keys', { name: 'writer', scopes: ['memory:read', 'memory:write'] });
    expect(status).toBe(201);
    return { id: `key:${body.id}`, secret: body.key as string, api: api.as(body.key) };
  }

  async function newPlace(): Promise<Place> {
    const project = `project-${++count}`;
    const session = (await api.post('/v1/sessions', { project })).body.id;
    const conversation = (await api.post('/v1/conversations', { project })).body.id;
    return { project, session, conversation };
  }

  it.each(ways)('is shown of %s, by writes and reads, whoever reads', async (_kind, write, read) => {
    const [one, two, place] = [await newWriter(), await newWriter(), await newPlace()];
    expect([200, 201]).toContain((await write(one.api, place)).status);
    expect(await read(two.api, place)).toMatchObject({ createdBy: one.id, importedAuthor: null });
    expect(await read(api, place)).toMatchObject({ createdBy: one.id });
    expect(JSON.stringify(await read(api, place))).not.toContain(one.secret.slice(-20));
  });

  it('is each version for itself, and the first one that stored the same text', async () => {
    const [one, two, { project }] = [await newWriter(), await newWriter(), await newPlace()];
    const store = (on: Api, content: string) => on.post('/v1/contexts', { project, label: 'l', content });
    await store(one.api, 'The first text.');
    expect((await store(two.api, 'The first text.')).body).toMatchObject({ unchanged: true, createdBy: one.id });
    const second = (await store(two.api, 'The second text.')).body;
    const versions = (await api.get(`/v1/contexts/${second.id}/versions`)).body.items;
    expect(versions.map(({ createdBy }: { createdBy: string }) => createdBy)).toEqual([two.id, one.id]);
    // Tags are said by anybody; the text stays its author's.
    const patched = await one.api.patch(`/v1/contexts/${second.id}`, { tags: ['t'] });
    expect(patched.body).toMatchObject({ tags: ['t'], createdBy: two.id });
  });

  it('is of a batch, a document and a tool too, and of the newest version of a state', async () => {
    const [one, two, { project }] = [await newWriter(), await newWriter(), await newPlace()];
    const batch = await one.api.post('/v1/contexts/batch', { project, items: [{ content: 'In a batch.' }] });
    expect(batch.body.items[0].context.createdBy).toBe(one.id);
    await one.api.post('/v1/contexts/ingest', { project, label: 'document', content: '# A document\n\nIts text.' });
    const parts = (await api.get('/v1/contexts', { query: { project, labelPrefix: 'document' } })).body.items;
    expect(parts.map(({ createdBy }: { createdBy: string }) => createdBy)).toEqual([one.id]);
    const client = await connectHttp({ url: fixture.server.url, key: two.secret }, { project });
    const { id } = await client.done('remember', { content: 'By a tool.' });
    await client.close();
    expect((await api.get(`/v1/contexts/${id}`)).body.createdBy).toBe(two.id);
    const state = '/v1/agents/planner/state';
    await one.api.put(state, { project, value: 1 });
    expect((await two.api.put(state, { project, value: 2 })).body.createdBy).toBe(two.id);
  });

  it('is never what a client says', async () => {
    const { project, session } = await newPlace();
    for (const [path, body] of [
      ['/v1/contexts', { project, label: 'l', content: 'x', createdBy: 'key:somebody' }],
      [`/v1/sessions/${session}/entries`, { kind: 'todo', text: 'x', createdBy: 'key:somebody' }],
      ['/v1/handovers', { project, createdBy: 'key:somebody' }],
    ] as const) {
      const refused = await api.post(path, body);
      expect([path, refused.status, refused.body.errors[0].pointer]).toEqual([path, 400, '/createdBy']);
    }
  });

  it('is who imported it, with who wrote it first, also when it moves on', async () => {
    const [author, importer, next] = [await newWriter(), await newWriter(), await newWriter()];
    const place = await newPlace();
    for (const [, write] of ways) await write(author.api, place);
    const imports = async (by: Api, from: string) => {
      const file = await exportProject(fixture.server, from);
      const to = `${from}-copy`;
      expect((await importProject(by, to, file.bytes)).status).toBe(200);
      return { file, to };
    };
    const first = await imports(importer.api, place.project);
    for (const type of ['context', 'entry', 'handover', 'message', 'agentState'])
      expect([type, first.file.linesOf(type).map(({ createdBy }) => createdBy)]).toEqual([type, [author.id]]);
    const shown = async (project: string) => [
      (await api.get(`/v1/projects/${project}/contexts/note`)).body,
      (await api.get('/v1/handovers/latest', { query: { project } })).body.handover,
      (await api.get('/v1/agents/planner/state', { query: { project } })).body,
    ];
    for (const thing of await shown(first.to))
      expect(thing).toMatchObject({ createdBy: importer.id, importedAuthor: author.id });
    const second = await imports(next.api, first.to);
    for (const thing of await shown(second.to))
      expect(thing).toMatchObject({ createdBy: next.id, importedAuthor: author.id });
  });
});
