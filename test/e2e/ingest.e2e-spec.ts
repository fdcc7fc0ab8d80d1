import type { Api, ApiAnswer } from '#test/support/api.js';
import { eventually } from '#test/support/eventually.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';
import { rowsFor } from '#test/support/table-rows.js';
import { pdfOf } from './documents/pdf-of.js';

let count = 0;
/** Every test has a project of its own. */
const newProject = () => `project-${++count}`;

function pointers({ body }: ApiAnswer<any>): string[] {
  return body.errors.map((error: { pointer: string }) => error.pointer);
}

const paragraph = (topic: string, n: number) =>
  Array.from({ length: 12 }, (_, line) => `Paragraph ${n} says thing ${line} about the ${topic}.`).join(' ');
/** Each chapter is a part of its own. */
const manual = (...topics: string[]) =>
  `# Manual\n\n${topics.map((topic, n) => `## On ${topic}s\n\n${paragraph(topic, n)}`).join('\n\n')}\n`;
const parts = { partLength: 900 };

describe.each(DATABASES)('documents on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;

  const ingest = (project: string, body: object, headers: Record<string, string> = {}) =>
    api.post('/v1/contexts/ingest', { project, label: 'docs/manual', ...body }, { headers });
  const listed = async (project: string, query: Record<string, string> = {}) =>
    (await api.get('/v1/contexts', { query: { project, limit: 100, ...query } })).body.items as any[];
  const search = async (project: string, q: string) =>
    (await api.get('/v1/search', { query: { project, q, mode: 'keyword' } })).body.items as any[];

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside);
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  it('keeps a Markdown document as contexts that are found at once, read by label, and embedded', async () => {
    const project = newProject();
    const body = { ...parts, content: manual('lighthouse', 'harbour'), tags: ['m'], metadata: { from: 'shelf' } };
    const { status, body: answer } = await ingest(project, body);
    expect(status).toBe(201);
    expect(answer).toMatchObject({
      project,
      label: 'docs/manual',
      format: 'markdown',
      title: 'Manual',
      truncated: false,
      truncation: null,
      removed: [],
      items: [
        { label: 'docs/manual/0001', version: 1, heading: 'Manual', unchanged: false },
        { label: 'docs/manual/0002', version: 1, heading: 'Manual > On harbours', unchanged: false },
      ],
    });
    const [hit] = await search(project, 'which thing is said about the harbour?');
    expect(hit).toMatchObject({ label: 'docs/manual/0002', id: answer.items[1].id });
    const read = (await api.get(`/v1/projects/${project}/contexts/${encodeURIComponent(hit.label)}`)).body;
    expect(read).toMatchObject({
      tags: ['m'],
      priority: 'reference',
      metadata: {
        from: 'shelf',
        document: {
          label: 'docs/manual',
          part: 2,
          format: 'markdown',
          title: 'Manual',
          heading: 'Manual > On harbours',
        },
      },
    });
    expect(read.content).toBe(`## On harbours\n\n${paragraph('harbour', 1)}`);
    await eventually(async () => (await api.get(`/v1/contexts/${hit.id}`)).body.embedding === 'ready', {
      timeoutMs: 20_000,
      everyMs: 100,
      what: 'the parts to be embedded',
    });
  });

  it('puts a document in the place of what it was: nothing twice, nothing left over', async () => {
    const project = newProject();
    const first = await ingest(project, { ...parts, content: manual('lighthouse', 'harbour', 'keeper') });
    expect(first.body.items).toHaveLength(3);
    const own = { project, label: 'docs/manual/9999', content: 'A context of somebody else about the keeper.' };
    expect((await api.post('/v1/contexts', own)).status).toBe(201);

    const again = await ingest(project, { ...parts, content: manual('lighthouse', 'harbour', 'keeper') });
    expect(again.status).toBe(200);
    expect(again.body.items.map(({ id, unchanged }: any) => [id, unchanged])).toEqual(
      first.body.items.map(({ id }: any) => [id, true]),
    );
    // Everything that shows it is in the cache before the next write.
    expect((await search(project, 'keeper')).map(({ label }) => label)).toContain('docs/manual/0003');
    expect(await listed(project)).toHaveLength(4);
    await api.get(`/v1/contexts/${first.body.items[1].id}`);

    const shorter = await ingest(project, { ...parts, content: manual('lighthouse', 'boat'), tags: ['new'] });
    expect(shorter.status).toBe(201);
    expect(shorter.body).toMatchObject({
      items: [
        { id: first.body.items[0].id, version: 1, unchanged: false },
        { label: 'docs/manual/0002', version: 2, unchanged: false },
      ],
      removed: ['docs/manual/0003'],
    });
    expect((await search(project, 'keeper')).map(({ label }) => label)).toEqual(['docs/manual/9999']);
    expect((await search(project, 'harbour')).map(({ label }) => label)).toEqual([]);
    expect((await listed(project)).map(({ label, tags }) => [label, tags])).toEqual([
      ['docs/manual/0002', ['new']],
      ['docs/manual/9999', []],
      ['docs/manual/0001', ['new']],
    ]);
    const [archived] = await listed(project, { archived: 'true' });
    expect(archived).toMatchObject({ label: 'docs/manual/0003', archiveReason: 'no longer a part of docs/manual' });
    // A part that comes back is there again.
    const longer = await ingest(project, { ...parts, content: manual('lighthouse', 'boat', 'keeper') });
    expect(longer.body.items[2]).toMatchObject({ label: 'docs/manual/0003', version: 2 });
  });

  it('reads pages of the web, recognised by their bytes', async () => {
    const project = newProject();
    const page = `<!doctype html><title>Tides</title><script>var hidden = 'scripted'</script>
      <h1>High water</h1><p>The <b>tide</b> rises twice a day.</p><ul><li>spring</li><li>neap</li></ul>`;
    const { body } = await ingest(project, { contentBase64: Buffer.from(page).toString('base64') });
    expect(body).toMatchObject({ format: 'html', title: 'Tides', items: [{ heading: 'High water' }] });
    const { content } = (await api.get(`/v1/contexts/${body.items[0].id}`)).body;
    expect(content).toBe('# High water\n\nThe tide rises twice a day.\n\n- spring\n- neap');
    expect(await search(project, 'scripted')).toEqual([]);
  });

  it('reads PDFs, page by page', async () => {
    const project = newProject();
    const pdf = pdfOf({ title: 'The log', pages: [['Fog since dawn.', 'Horn sounded.'], ['Ship ashore at noon.']] });
    const { status, body } = await ingest(project, { contentBase64: pdf.toString('base64') });
    expect(status).toBe(201);
    expect(body).toMatchObject({ format: 'pdf', title: 'The log', truncated: false });
    const { content } = (await api.get(`/v1/contexts/${body.items[0].id}`)).body;
    expect(content).toBe('Fog since dawn.\nHorn sounded.\n\nShip ashore at noon.');
    expect((await search(project, 'ship ashore')).map(({ label }) => label)).toEqual(['docs/manual/0001']);
  });

  it('reports where a document was cut off', async () => {
    const project = newProject();
    const content = Array.from({ length: 300 }, (_item, n) =>
      `Line ${n} of a long list of things.`.padEnd(180, '.'),
    ).join('\n\n');
    const { status, body } = await ingest(project, { content, partLength: 200 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ characters: content.length, truncated: true });
    expect(body.truncation.reason).toBe('a document has at most 250 parts');
    expect(body.truncation.keptCharacters).toBe(content.indexOf('Line 250 '));
    expect(body.items).toHaveLength(250);
    expect((await listed(project, { label: 'docs/manual/0250' }))[0].preview).toContain('Line 249 ');
  }, 120_000);

  it('T34 does a retry under the same key once, whatever the document', async () => {
    const project = newProject();
    const key = { 'idempotency-key': `ingest-${project}` };
    const pdf = pdfOf({ title: 'Once', pages: [['Only once.']] }).toString('base64');
    const first = await ingest(project, { contentBase64: pdf }, key);
    const second = await ingest(project, { contentBase64: pdf }, key);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await ingest(project, { content: 'Something else.' }, key)).status).toBe(422);
  });

  it('keeps one whole document of two that come at once', async () => {
    const project = newProject();
    const [one, two] = [manual('lighthouse', 'harbour', 'keeper'), manual('boat', 'anchor')];
    const answers = await Promise.all([one, two, one, two].map((content) => ingest(project, { ...parts, content })));
    expect(answers.map(({ status }) => status < 300)).toEqual([true, true, true, true]);
    const contents = await Promise.all(
      (await listed(project)).map(async ({ id }) => (await api.get(`/v1/contexts/${id}`)).body.content),
    );
    const kept = contents.reverse().join('\n\n');
    expect([`${kept}\n`.includes('keeper') ? one : two]).toEqual([`${kept}\n`]);
  });

  const refusals: readonly (readonly [what: string, body: object, status: number, where: readonly string[]])[] = [
    ['no document', {}, 400, ['/content']],
    ['two documents', { content: 'x', contentBase64: 'eA==' }, 400, ['/content']],
    ['a blank one', { content: ' \n ' }, 400, ['/content']],
    ['one that is too large', { content: 'x'.repeat(5 * 1024 * 1024 + 1) }, 400, ['/content']],
    ['what is not base64', { contentBase64: '!' }, 400, ['/contentBase64']],
    ['a format that nobody knows', { content: 'x', format: 'docx' }, 400, ['/format']],
    ['a PDF as text', { content: '%PDF-1.7', format: 'pdf' }, 400, ['/content']],
    ['a label too long for its parts', { content: 'x', label: 'l'.repeat(196) }, 400, ['/label']],
    ['parts that are too short', { content: 'x', partLength: 10 }, 400, ['/partLength']],
    ['metadata that a part has itself', { content: 'x', metadata: { document: 1 } }, 400, ['/metadata/document']],
    ['an unknown field', { content: 'x', chunk: 1 }, 400, ['/chunk']],
    ['NUL', { content: 'a\0b' }, 400, ['/content']],
    [
      'a session that is not there',
      { content: 'x', sessionId: '0190a0a0-0000-7000-8000-000000000000' },
      404,
      ['/sessionId'],
    ],
    ['bytes that are not UTF-8', { contentBase64: '//79' }, 422, ['/contentBase64']],
    ['a broken PDF', { contentBase64: Buffer.from('%PDF-1.7 broken').toString('base64') }, 422, ['/contentBase64']],
    ['a page without words', { content: '<html><script>x</script></html>' }, 422, ['/content']],
    [
      'a PDF without words',
      { contentBase64: pdfOf({ title: '', pages: [[]] }).toString('base64') },
      422,
      ['/contentBase64'],
    ],
    ['a page that is too deep', { content: `<html>${'<div>'.repeat(5_000)}x` }, 422, ['/content']],
  ];

  it.each(rowsFor(isOutside, refusals, ([, , status]) => status))(
    'refuses %s, and keeps nothing of it',
    async (_what, body, status, where) => {
      const project = newProject();
      const answer = await ingest(project, body);
      expect([answer.status, pointers(answer)]).toEqual([status, where]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await listed(project)).toEqual([]);
    },
  );
});

describe('the limit of documents', () => {
  it('is ten a minute for each credential, and takes nothing of others', async () => {
    const fixture = await startFixtureOn(true, {
      RATE_LIMIT_ENABLED: 'true',
      EMBEDDING_PROVIDER: 'off',
      WORKER_ENABLED: 'false',
    });
    const { server } = fixture;
    try {
      const { body: key } = await server.api.post('/v1/keys', {
        name: 'writer',
        scopes: ['memory:read', 'memory:write'],
      });
      const api = server.api.as(key.key);
      const statuses = [];
      for (let n = 0; n < 11; n++) {
        const answer = await api.post('/v1/contexts/ingest', { label: `d${n}`, content: 'A short document.' });
        statuses.push(answer.status);
        if (n === 10) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      }
      expect(statuses).toEqual([...Array.from({ length: 10 }, () => 201), 429]);
      expect((await api.post('/v1/contexts', { label: 'other', content: 'A context.' })).status).toBe(201);
    } finally {
      await fixture.remove();
    }
  }, 120_000);
});
