import type { Api } from '#test/support/api.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

const TEXTS = [
  '  spaces at the ends  ',
  '\ttabs and\r\nlines\n',
  'e\u0301 and \u00e9, \ufb03, \uff21',
  '\u200b\ufeffinvisible\u2028\u2029\u0085',
  '❌ 👩‍👩‍👧 \u{10ffff} \ufffe',
  '_function_x {"a":1} \\u0000 \' -- <b>',
];

/** As JSON, which says more than a value does. */
const METADATA = [
  '{"n":[1,-1,1.5,1e21,5e-324,1.7976931348623157e308,9007199254740991,-9007199254740991,0.30000000000000004]}',
  '{"b":1,"a":{"":null," ":[],"\\u00e9":{},"e\\u0301":[[]]},"10":1,"9":2}',
  '{"then":"x","toJSON":1,"hasOwnProperty":"_date_1","length":-1}',
  `{"text":${JSON.stringify(TEXTS)}}`,
];

const REFUSED: readonly (readonly [what: string, json: string, pointer: string])[] = [
  ['a number beyond 2^53', '{"id":9007199254740993}', '/metadata/id'],
  ['a number of too many digits', '{"a":[0.1000000000000000055511151231257827]}', '/metadata/a/0'],
  ['a number beyond a double', '{"a":1e400}', '/metadata/a'],
  ['negative zero', '{"a":{"b":-0}}', '/metadata/a/b'],
  ['a name twice', '{"a":1,"a":2}', '/metadata/a'],
  ['a name twice, spelled otherwise', '{"a":1,"\\u0061":1}', '/metadata/a'],
  ['NUL', '{"a":"\\u0000"}', '/metadata/a'],
  ['a lone surrogate', '{"a":["\\ud83d"]}', '/metadata/a/0'],
  ['a lone surrogate in a name', '{"\\udc00":1}', ''],
  ['__proto__', '{"__proto__":{"a":1}}', ''],
  ['__proto__, spelled otherwise', '{"a":{"__\\u0070roto__":1}}', ''],
];

describe.each(DATABASES)('what is stored is given back as it was given, or refused, on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { EMBEDDING_PROVIDER: 'off' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  const headers = { 'content-type': 'application/json' };
  const post = async (path: string, json: string, status = 201) => {
    const answer = await api.post(path, json, { headers });
    expect([path, json, answer.status, answer.body]).toEqual([path, json, status, answer.body]);
    return answer.body;
  };
  const read = async (path: string) => (await api.get(path)).body;

  it('metadata of sessions, entries and contexts', async () => {
    for (const [index, metadata] of METADATA.entries()) {
      const wanted = JSON.parse(metadata);
      const { id } = await post('/v1/sessions', `{"project":"p","metadata":${metadata}}`);
      await post(`/v1/sessions/${id}/entries`, `{"kind":"todo","text":"x","metadata":${metadata}}`);
      const context = await post(
        '/v1/contexts',
        `{"project":"p","label":"m${index}","content":"Text ${index}","metadata":${metadata}}`,
      );
      for (let turn = 0; turn < 2; turn++) {
        expect((await read(`/v1/sessions/${id}`)).metadata).toEqual(wanted);
        expect((await read(`/v1/sessions/${id}/entries`)).items[0].metadata).toEqual(wanted);
        expect((await read(`/v1/contexts/${context.id}`)).metadata).toEqual(wanted);
      }
    }
  });

  it('texts of every kind', async () => {
    for (const text of TEXTS) {
      const send = (path: string, body: object, status?: number) => post(path, JSON.stringify(body), status);
      const { id, client } = await send('/v1/sessions', { project: 't', client: text });
      const entry = await send(`/v1/sessions/${id}/entries`, { kind: 'question', text });
      const notes = { summary: text, workDone: [text], decisions: [text], questions: [text], nextSteps: [text] };
      const byHand = await send('/v1/handovers', { project: 't', ...notes });
      const context = await send('/v1/contexts', { project: 't', label: 'l', content: text });
      const archived = await send(`/v1/contexts/${context.id}/archive`, { reason: text }, 200);
      const { session, handover } = await send(`/v1/sessions/${id}/end`, { summary: text }, 200);
      expect({
        client,
        entry: entry.text,
        read: (await read(`/v1/sessions/${id}/entries`)).items[0].text,
        summary: session.summary,
        left: [handover.summary, handover.questions[0].text],
        byHand: [byHand.summary, byHand.workDone[0].text, byHand.nextSteps[0]],
        content: (await read(`/v1/contexts/${context.id}`)).content,
        reason: archived.archiveReason,
      }).toEqual({
        client: text,
        entry: text,
        read: text,
        summary: text,
        left: [text, text],
        byHand: [text, text, text],
        content: text,
        reason: text,
      });
    }
    expect((await api.post('/v1/sessions', { client: ' \n ' })).status).toBe(400);
    const spaced = { label: 'spaced', content: 'x', tags: [' a'] };
    expect((await api.post('/v1/contexts', spaced)).body.errors).toMatchObject([{ pointer: '/tags/0' }]);
  });

  it('and as it was given after it was exported and imported', async () => {
    const file = await exportProject(fixture.server, 't');
    await api.del('/v1/projects/t', { query: { confirm: 't' } });
    expect((await importProject(api, 't', file.bytes)).status).toBe(200);
    expect((await exportProject(fixture.server, 't')).lines.slice(2, -1)).toEqual(file.lines.slice(2, -1));
  });

  it.each(REFUSED)('refuses %s, and writes nothing', async (what, metadata, pointer) => {
    const { id } = await post('/v1/sessions', '{"project":"r"}');
    const calls: readonly (readonly [method: string, path: string, body: string])[] = [
      ['POST', '/v1/contexts', `{"project":"r","label":"a","content":"x","metadata":${metadata}}`],
      ['POST', '/v1/sessions', `{"project":"r-new","metadata":${metadata}}`],
      ['POST', `/v1/sessions/${id}/entries`, `{"kind":"todo","text":"x","metadata":${metadata}}`],
      ['PATCH', `/v1/sessions/${id}`, `{"metadata":${metadata}}`],
    ];
    for (const [method, path, body] of calls) {
      const answer = await api.send(method, path, { body, headers });
      expect([what, path, answer.status, answer.headers.get('content-type')]).toEqual([
        what,
        path,
        400,
        expect.stringContaining('application/problem+json'),
      ]);
      expect(answer.body.errors).toHaveLength(1);
      if (pointer !== '') expect(answer.body.errors[0].pointer).toBe(pointer);
    }
    expect((await read(`/v1/sessions/${id}`)).metadata).toEqual({});
    expect((await read(`/v1/sessions/${id}/entries`)).items).toEqual([]);
    expect((await api.get('/v1/contexts', { query: { project: 'r' } })).body.items).toEqual([]);
  });
});
