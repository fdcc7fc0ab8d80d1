import type { Api } from '#test/support/api.js';
import { exportProject, importProject } from '#test/support/export-file.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

describe.each(DATABASES)('deleting a project, on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { EMBEDDING_PROVIDER: 'off', SESSION_SWEEP_SECONDS: '3600' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  const made = async (path: string, body: object) => {
    const answer = await api.post(path, body);
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.body;
  };
  const read = async (path: string, query = {}) => {
    const answer = await api.get(path, { query });
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.body;
  };
  const remove = async (project: string) => {
    const answer = await api.del(`/v1/projects/${project}`, { query: { confirm: project } });
    expect(answer.status).toBe(200);
  };
  const found = async (project: string, q: string) =>
    (await read('/v1/search', { project, q, mode: 'keyword' })).items.map(({ kind, id }: any) => [kind, id]);

  /** A session that worked in `first`, took over its handover, and works in `then` by now; with work in both. */
  async function movedSession(first: string, then: string) {
    const { id } = await made('/v1/sessions', { project: first, client: 'mover' });
    const add = (body: object) => made(`/v1/sessions/${id}/entries`, body);
    const done = await add({ kind: 'todo', text: `Oil the ${first} hinges` });
    await add({ kind: 'progress', text: `Oiled the ${first} zygomatic hinges`, resolves: [done.id] });
    const open = await add({ kind: 'todo', text: `Paint the ${first} tower` });
    await made('/v1/contexts', { project: first, label: 'rules', content: `Rules of ${first}.`, sessionId: id });
    const byHand = await made('/v1/handovers', { sessionId: id, workDone: ['By hand'] });
    expect((await api.patch(`/v1/sessions/${id}`, { project: then })).body.project).toBe(then);
    const left = (await read('/v1/handovers/latest', { project: first })).handover;
    expect(left).toMatchObject({ reason: 'switch', sessionId: id });
    expect((await api.post(`/v1/handovers/${byHand.id}/acknowledge`, { sessionId: id })).status).toBe(200);
    await add({ kind: 'todo', text: `Paint the ${then} quay` });
    return { id, open, left, byHand };
  }

  it('T60 leaves every handover, entry, session and count of other projects, whatever moved between them', async () => {
    await made('/v1/sessions', { project: 'stays', client: 'other' });
    const goes = await movedSession('stays', 'goes');
    const comes = await movedSession('goes', 'stays');
    const everything = async () => {
      const wakeUp = (await made('/v1/sessions', { project: 'stays' })).wakeUp;
      return {
        handovers: (await read('/v1/handovers', { project: 'stays' })).items,
        latest: (await read('/v1/handovers/latest', { project: 'stays' })).handover,
        contexts: (await read('/v1/contexts', { project: 'stays' })).items,
        survey: (await read('/v1/projects/stays')).counts,
        overview: (await read('/v1/projects/stays/overview')).counts,
        todos: wakeUp.todos,
        counts: wakeUp.counts,
        found: await found('stays', 'zygomatic'),
      };
    };
    const before = await everything();
    expect(before.handovers).toHaveLength(2);
    expect(before.todos).toHaveLength(2);
    expect(before.found).toHaveLength(1);
    const exported = await exportProject(fixture.server, 'stays');
    await remove('goes');

    const nameless = (json: unknown) => JSON.parse(JSON.stringify(json).replaceAll(`"${goes.id}"`, 'null'));
    const after = await everything();
    // One more session was started to look.
    const more = { ...before.counts, sessions: before.counts.sessions + 1 };
    expect(after).toEqual(nameless({ ...before, counts: more, survey: { ...before.survey, sessions: more.sessions } }));
    expect((await api.get(`/v1/sessions/${goes.id}`)).status).toBe(404);
    for (const { id } of [goes.left, goes.byHand])
      expect(await read(`/v1/handovers/${id}`)).toMatchObject({ sessionId: null });
    const stayed = await read(`/v1/sessions/${comes.id}`);
    expect(stayed.project).toBe('stays');
    expect((await read(`/v1/sessions/${comes.id}/entries`)).items.map(({ text }: any) => text)).toEqual([
      'Paint the stays quay',
    ]);
    for (const { id } of [comes.left, comes.byHand]) expect((await api.get(`/v1/handovers/${id}`)).status).toBe(404);

    const entries = (of: typeof exported) => of.linesOf('entry').map((line) => ({ ...line, sessionId: null }));
    const again = await exportProject(fixture.server, 'stays');
    expect(entries(again)).toEqual(entries(exported));
    // What is nobody's can be settled by who comes next, and moves with its project.
    const next = await made('/v1/sessions', { project: 'stays' });
    await made(`/v1/sessions/${next.id}/entries`, { kind: 'progress', text: 'Painted', resolves: [goes.open.id] });
    const file = await exportProject(fixture.server, 'stays');
    await remove('stays');
    expect(await importProject(api, 'stays', file.bytes)).toMatchObject({ status: 200 });
    expect((await exportProject(fixture.server, 'stays')).lines.slice(2, -1)).toEqual(file.lines.slice(2, -1));
    expect(await found('stays', 'zygomatic')).toEqual(before.found);
  }, 120_000);

  describe('T57 no two representations have one entity tag', () => {
    const tagged = async (path: string) => {
      const answer = await api.get(path);
      expect(answer.status).toBe(200);
      return { body: answer.body, tag: answer.headers.get('etag')! };
    };
    /** What was read before names nothing by now: a read is answered in full, a change is refused. */
    const isForgotten = async (path: string, tag: string, change: (headers: object) => Promise<{ status: number }>) => {
      const now = await api.get(path, { headers: { 'if-none-match': tag } });
      expect([now.status, now.headers.get('etag') === tag]).toEqual([200, false]);
      expect((await change({ 'if-match': tag })).status).toBe(412);
      expect((await change({ 'if-match': now.headers.get('etag') })).status).toBe(200);
    };
    const patch = (path: string, body: object) => (headers: object) =>
      api.patch(path, body, { headers: { ...headers } });

    it('where a session that is named was deleted, or took the work over', async () => {
      const { id: sessionId } = await made('/v1/sessions', { project: 'one' });
      const { id } = await made('/v1/contexts', { project: 'one', label: 'a', content: 'Text', sessionId });
      const { id: made1 } = await made('/v1/handovers', { project: 'one', workDone: ['x'] });
      await api.patch(`/v1/sessions/${sessionId}`, { project: 'two' });
      const left = (await read('/v1/handovers/latest', { project: 'one' })).handover;
      expect((await api.post(`/v1/handovers/${made1}/acknowledge`, { sessionId })).status).toBe(200);
      const [context, handover, acknowledged] = [
        await tagged(`/v1/contexts/${id}`),
        await tagged(`/v1/handovers/${left.id}`),
        await tagged(`/v1/handovers/${made1}`),
      ];
      expect([context.body.sessionId, handover.body.sessionId, acknowledged.body.acknowledgedSessionId]).toEqual([
        sessionId,
        sessionId,
        sessionId,
      ]);
      await remove('two');
      await isForgotten(`/v1/contexts/${id}`, context.tag, patch(`/v1/contexts/${id}`, { tags: ['t'] }));
      const acknowledge = (headers: object) =>
        api.post(`/v1/handovers/${left.id}/acknowledge`, {}, { headers: { ...headers } });
      await isForgotten(`/v1/handovers/${left.id}`, handover.tag, acknowledge);
      const now = await tagged(`/v1/handovers/${made1}`);
      expect(now.body).toMatchObject({ acknowledgedSessionId: null, acknowledgedAt: acknowledged.body.acknowledgedAt });
      expect(now.tag).not.toBe(acknowledged.tag);
    });

    it('where a project was deleted and imported, and changed as often as before', async () => {
      const { id } = await made('/v1/contexts', { project: 'back', label: 'a', content: 'Text' });
      const { id: sessionId } = await made('/v1/sessions', { project: 'back' });
      const file = await exportProject(fixture.server, 'back');
      expect(file.text).not.toContain('revision');
      const changes = [
        [`/v1/contexts/${id}`, { metadata: { first: true } }, { metadata: { second: true } }],
        [`/v1/sessions/${sessionId}`, { summary: 'first' }, { summary: 'second' }],
      ] as const;
      const before = [];
      for (const [path, first] of changes) {
        expect((await api.patch(path, first)).status).toBe(200);
        before.push(await tagged(path));
      }
      await api.put('/v1/retention/back', { archiveAfterDays: 5 });
      const retention = await tagged('/v1/retention/back');
      await remove('back');
      expect((await importProject(api, 'back', file.bytes)).status).toBe(200);
      for (const [index, [path, , second]] of changes.entries()) {
        expect((await api.patch(path, second)).status).toBe(200);
        await isForgotten(path, before[index]!.tag, patch(path, second));
      }
      await api.put('/v1/retention/back', { archiveAfterDays: 6 });
      await isForgotten('/v1/retention/back', retention.tag, (headers) =>
        api.put('/v1/retention/back', { archiveAfterDays: 7 }, { headers: { ...headers } }),
      );
    });
  });
});
