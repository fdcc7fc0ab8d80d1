import type { Api } from '#test/support/api.js';
import { exportProject, exportedProject, importProject } from '#test/support/export-file.js';
import { connectHttp, type McpClient } from '#test/support/mcp.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';
import { projectFile } from '#test/support/project-file.js';
import { rowsFor } from '#test/support/table-rows.js';
import { OTHERS, REJECTED, VARIANTS } from './rejected-variants.js';

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  /** Where the text stands. */
  readonly pointers: readonly string[] | undefined;
}

describe.each(DATABASES)('a rejected text, on %s', (_, isOutside) => {
  const project = 'atlas';
  let fixture: ServerFixture;
  let api: Api;
  let mcp: McpClient;
  let session: string;
  let conversation: string;
  let said: string;
  /** The export of the project from before anything was forgotten. */
  let before: Buffer;
  let tombstone: string;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { SESSION_SWEEP_SECONDS: '3600', RATE_LIMIT_ENABLED: 'false' });
    api = fixture.server.api;
    const created = async (path: string, body: object) => {
      const answer = await api.post(path, body);
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body;
    };
    const { id } = await created('/v1/contexts', { project, label: 'wrong', content: REJECTED });
    session = (await created('/v1/sessions', { project })).id;
    conversation = (await created('/v1/conversations', { project })).id;
    const messages = [{ role: 'user', content: 'Where is the key?' }];
    said = (await created(`/v1/conversations/${conversation}/messages`, { messages })).items[0].id;
    before = (await exportProject(fixture.server, project)).bytes;
    tombstone = (await api.post(`/v1/contexts/${id}/forget`, { tombstone: true })).body.tombstones[0];
    mcp = await connectHttp(fixture.server, { project, profile: 'full' });
  }, 120_000);

  afterAll(async () => {
    await mcp?.close();
    await fixture?.remove();
  });

  const line = (fields: object) => ({ createdAt: '2026-01-01T00:00:00.000Z', metadata: {}, ...fields });
  let number = 0;
  const newId = () => `019a0000-0000-7000-8000-${String(++number).padStart(12, '0')}`;

  async function sent(answer: Promise<{ status: number; body: any }>): Promise<Sent> {
    const { status, body } = await answer;
    const pointers = body.errors?.map(({ pointer }: { pointer: string }) => pointer);
    return { status, code: body.code, pointers };
  }

  async function called(tool: string, args: Record<string, unknown>): Promise<Sent> {
    const { isError, data } = await mcp.call(tool, args);
    return { status: isError ? data.status : 200, code: data.code, pointers: undefined };
  }

  const post = (path: string, body: object) => sent(api.post(path, body));
  const messages = `/messages/0/content`;
  const inParts = (text: string) => [{ type: 'text', text }];

  /** Every way in, and where the text stands in it. */
  const WAYS: Readonly<Record<string, readonly [pointer: string | undefined, send: (text: string) => Promise<Sent>]>> =
    {
      'POST /v1/contexts': ['/content', (content) => post('/v1/contexts', { project, label: 'l', content })],
      'POST /v1/contexts without a label': ['/content', (content) => post('/v1/contexts', { project, content })],
      'POST /v1/contexts/batch': [
        '/items/1/content',
        (content) =>
          post('/v1/contexts/batch', {
            project,
            items: [
              { label: 'a', content: 'Fine.' },
              { label: 'b', content },
            ],
          }),
      ],
      'POST /v1/contexts/batch, each by itself': [
        '/items/1/content',
        async (content) => {
          const items = [
            { label: 'c', content: 'Fine as well.' },
            { label: 'd', content },
          ];
          const { body } = await api.post('/v1/contexts/batch', { project, atomic: false, items });
          expect([200, 201]).toContain(body.items[0].status);
          const { status, problem } = body.items[1];
          return sent(Promise.resolve({ status, body: problem ?? {} }));
        },
      ],
      'POST /v1/contexts/ingest': [
        '/content',
        (content) => post('/v1/contexts/ingest', { project, label: 'document', content }),
      ],
      'POST /v1/projects/:project/import, a context': [
        '/lines/3/content',
        (content) => {
          const fields = { label: `imported-${number}`, version: 1, content, tags: [], priority: 'reference' };
          const rest = { priorityDetected: false, sessionId: null, archivedAt: null, archiveReason: null };
          const context = line({
            type: 'context',
            id: newId(),
            updatedAt: '2026-01-01T00:00:00.000Z',
            ...fields,
            ...rest,
          });
          return sent(importProject(api, project, projectFile(project, [context as never])));
        },
      ],
      'POST /v1/projects/:project/import, an entry': [
        '/lines/3/text',
        (text) => {
          const rest = { sessionId: null, kind: 'progress', priority: null, resolvedAt: null, resolvedBy: null };
          const entry = line({ type: 'entry', id: newId(), text, ...rest });
          return sent(importProject(api, project, projectFile(project, [entry as never])));
        },
      ],
      'POST /v1/projects/:project/transcripts': [
        '/messages/0',
        (content) =>
          sent(
            api.post(`/v1/projects/${project}/transcripts`, JSON.stringify({ messages: [{ role: 'user', content }] }), {
              headers: { 'content-type': 'application/x-ndjson' },
            }),
          ),
      ],
      'POST /v1/sessions/:id/entries': [
        '/text',
        (text) => post(`/v1/sessions/${session}/entries`, { kind: 'insight', text }),
      ],
      'PATCH /v1/sessions/:id': ['/summary', (summary) => sent(api.patch(`/v1/sessions/${session}`, { summary }))],
      'POST /v1/handovers': ['/decisions/0', (text) => post('/v1/handovers', { project, decisions: [text] })],
      'POST /v1/conversations/:id/messages': [
        messages,
        (content) => post(`/v1/conversations/${conversation}/messages`, { messages: [{ role: 'user', content }] }),
      ],
      'POST /v1/conversations/:id/messages, in parts': [
        messages,
        (text) =>
          post(`/v1/conversations/${conversation}/messages`, { messages: [{ role: 'user', content: inParts(text) }] }),
      ],
      'PATCH /v1/conversations/:id/messages/:message': [
        '/content',
        (content) => sent(api.patch(`/v1/conversations/${conversation}/messages/${said}`, { content })),
      ],
      'the tool remember': [undefined, (content) => called('remember', { content })],
      'the tool context_store': [undefined, (content) => called('context_store', { label: 'tool', content })],
      'the tool context_store_batch': [
        undefined,
        (content) => called('context_store_batch', { items: [{ label: 'tool', content }] }),
      ],
      'the tool document_ingest': [undefined, (content) => called('document_ingest', { label: 'by-tool', content })],
      'the tool session_log': [undefined, (text) => called('session_log', { id: session, kind: 'insight', text })],
    };

  it.each(Object.entries(WAYS))(
    'is refused by %s in every form, and another text is taken',
    async (way, entry) => {
      const [pointer, send] = entry;
      for (const [what, text] of rowsFor(isOutside, Object.entries(VARIANTS))) {
        const { status, code, pointers } = await send(text);
        expect([what, status, code]).toEqual([what, 409, 'context-rejected']);
        if (pointer !== undefined) expect([what, pointers]).toEqual([what, [pointer]]);
      }
      for (const [what, text] of rowsFor(isOutside, Object.entries(OTHERS))) {
        const { status, code } = await send(`${text} By ${way}.`);
        expect([what, code, status < 300]).toEqual([what, undefined, true]);
      }
    },
    120_000,
  );

  it('leaves nothing behind where it was refused', async () => {
    const { text, lines } = await exportProject(fixture.server, project);
    expect(lines.length).toBeGreaterThan(10);
    const texts = Object.values(VARIANTS).map((variant) => JSON.stringify(variant));
    for (const variant of texts) expect([variant, text.includes(`:${variant}`)]).toEqual([variant, false]);
    expect(text).toContain('Under the third stone');
  });

  it('ends no session whose summary it is, and is no line of the export from before', async () => {
    const { id } = (await api.post('/v1/sessions', { project })).body;
    expect(await post(`/v1/sessions/${id}/end`, { summary: REJECTED })).toMatchObject({ status: 409 });
    expect((await api.get(`/v1/sessions/${id}`)).body.state).toBe('active');
    const refused = await importProject(api, project, before);
    expect([refused.status, refused.body.code]).toEqual([409, 'context-rejected']);
    const place = exportedProject(before).lines.findIndex(({ content }) => content === REJECTED) + 1;
    expect(refused.body.errors).toEqual([
      { in: 'body', pointer: `/lines/${place}/content`, detail: 'is a text that was rejected in the project' },
    ]);
    // A project that has not rejected it takes all of it.
    expect((await importProject(api, 'elsewhere', before)).body.contexts.created).toBe(1);
  });

  it('as a part of a document keeps the document out; without a tombstone it comes back, and the answer says so', async () => {
    const parts = ['The first part of the manual is about stones. '.repeat(4), 'The second is about keys. '.repeat(8)];
    const document = { project, label: 'manual', content: parts.join('\n\n'), partLength: 210 };
    const { items, broughtBack } = (await api.post('/v1/contexts/ingest', document)).body;
    expect([items.length > 1, broughtBack]).toEqual([true, 0]);
    expect((await api.post(`/v1/contexts/${items[1].id}/forget`, {})).status).toBe(200);
    const again = await api.post('/v1/contexts/ingest', document);
    expect([again.status, again.body.broughtBack]).toEqual([201, 1]);
    expect((await api.post('/v1/contexts/ingest', document)).body.broughtBack).toBe(0);
    expect((await api.post(`/v1/contexts/${again.body.items[1].id}/forget`, { tombstone: true })).status).toBe(200);
    expect(await post('/v1/contexts/ingest', document)).toMatchObject({ status: 409, code: 'context-rejected' });
    expect((await api.get(`/v1/contexts/${items[0].id}`)).status).toBe(200);
  });

  it('is stored again when its tombstone is lifted, and an import of a text that was deleted says so', async () => {
    expect((await api.del(`/v1/projects/${project}/tombstones/${tombstone}`)).status).toBe(200);
    const imported = await importProject(api, project, before);
    expect([imported.status, imported.body.contexts.created, imported.body.broughtBack]).toEqual([200, 1, 1]);
    expect((await importProject(api, project, before)).body.broughtBack).toBe(0);
    const label = `/v1/projects/${project}/contexts/wrong`;
    expect((await api.del(label)).status).toBe(200);
    expect((await importProject(api, project, before)).body.broughtBack).toBe(1);
    expect((await api.get(label)).body.content).toBe(REJECTED);
  });
});
