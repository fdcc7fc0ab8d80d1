import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp, connectStdio, type Generation, type McpClient } from '#test/support/mcp.js';

const RULE = 'Always switch the lamp on before dusk.';

describe.each([
  ['PostgreSQL', true],
  ['the embedded database', false],
])('an agent over MCP, beside a server on %s', (_name, outside) => {
  let database: TestDatabase | undefined;
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    database = outside ? await createTestDatabase() : undefined;
    server = await startKeepsake({
      env: { DATABASE_URL: database?.url, EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn' },
    });
    folder = await mkdtemp(join(tmpdir(), 'keepsake-mcp-'));
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    await database?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const ways: [string, Generation, (project: string, profile?: string) => Promise<McpClient>][] = (
    ['older', 'newer'] as const
  ).flatMap((generation): typeof ways => [
    ['HTTP', generation, (project, profile) => connectHttp(server, { generation, project, profile })],
    ['stdio', generation, (project, profile) => connectStdio(server, folder, { generation, project, profile })],
  ]);

  it.each(ways)(
    'keeps, finds and hands over by %s with the %s generation of the protocol, also when the server starts again',
    async (way, generation, connect) => {
      const project = `work-${way.toLowerCase()}-${generation}`;
      let client = await connect(project);
      try {
        expect(client.sdk.getServerVersion()).toMatchObject({ name: 'keepsake', title: 'Keepsake' });
        expect(client.sdk.getInstructions()).toContain('session_start');
        const { tools } = await client.sdk.listTools();
        expect(tools.map(({ name }) => name)).toEqual(
          expect.arrayContaining(['session_start', 'context_store', 'search']),
        );
        expect(tools.length).toBeLessThanOrEqual(13);

        const session = await client.done('session_start', { client: 'lighthouse agent' });
        expect(session).toMatchObject({ project, state: 'active', wakeUp: { handover: null, contexts: [] } });
        const stored = await client.done('context_store', {
          label: 'lamp/rules',
          content: `# Lamp\n\n${RULE}`,
          sessionId: session.id,
        });
        expect(stored).toMatchObject({ project, version: 1, priority: 'always_check', unchanged: false });
        const found = await client.done('search', { q: 'lamp before dusk' });
        expect(found.items).toEqual([expect.objectContaining({ kind: 'context', id: stored.id, label: 'lamp/rules' })]);

        // The connection goes on: nothing of it was in the process.
        await server.stop();
        await server.start();

        await client.done('session_log', { id: session.id, kind: 'todo', text: 'oil the hinge' });
        const ended = await client.done('session_end', { id: session.id, summary: 'The lamp is lit.' });
        expect(ended).toMatchObject({ session: { state: 'ended' }, handover: { summary: 'The lamp is lit.' } });

        await client.close();
        client = await connect(project, 'full');
        const next = await client.done('session_start');
        expect(next.wakeUp).toMatchObject({
          handover: { id: ended.handover.id, openTodos: [expect.objectContaining({ text: 'oil the hinge' })] },
          contexts: [expect.objectContaining({ id: stored.id })],
        });

        const { resources } = await client.sdk.listResources();
        expect(resources.map(({ uri }) => uri)).toEqual([
          `keepsake://handovers/${ended.handover.id}`,
          `keepsake://contexts/${stored.id}`,
        ]);
        const [text] = (await client.sdk.readResource({ uri: `keepsake://contexts/${stored.id}` })).contents;
        expect(text).toMatchObject({ mimeType: 'text/markdown', text: `# Lamp\n\n${RULE}` });
        const byLabel = `keepsake://projects/${project}/contexts/${encodeURIComponent('lamp/rules')}`;
        expect((await client.sdk.readResource({ uri: byLabel })).contents[0]).toMatchObject({
          text: expect.stringContaining(RULE),
        });
        const latest = await client.sdk.readResource({ uri: `keepsake://projects/${project}/handovers/latest` });
        expect(JSON.parse((latest.contents[0] as { text: string }).text)).toMatchObject({
          handover: { id: ended.handover.id },
        });
        const { resourceTemplates } = await client.sdk.listResourceTemplates();
        expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('keepsake://handovers/{id}');

        const wakeUp = await client.sdk.getPrompt({ name: 'wake_up' });
        expect(wakeUp.messages).toEqual([
          { role: 'user', content: { type: 'text', text: expect.stringContaining(RULE) } },
        ]);
        expect(JSON.stringify(wakeUp)).toContain('oil the hinge');
        await client.done('session_log', { id: next.id, kind: 'decision', text: 'paint the tower white' });
        const handOver = await client.sdk.getPrompt({ name: 'hand_over', arguments: { sessionId: next.id } });
        expect(JSON.stringify(handOver)).toContain('paint the tower white');
      } finally {
        await client.close();
      }
    },
    120_000,
  );

  it.each(ways)(
    'by %s with the %s generation, an agent that knows remember, recall and forget alone does its work with them',
    async (way, generation, connect) => {
      const project = `plain-${way.toLowerCase()}-${generation}`;
      const client = await connect(project);
      try {
        const { tools } = await client.sdk.listTools();
        const required = Object.fromEntries(tools.map(({ name, inputSchema }) => [name, inputSchema['required']]));
        expect(required).toMatchObject({ remember: ['content'], recall: ['query'], forget: ['id'] });
        const remember = async (content: string) => {
          const { id, unchanged } = await client.done('remember', { content });
          return { id: id as string, unchanged: unchanged as boolean };
        };
        const recall = async (query: string) =>
          (await client.done('recall', { query })).items.map(({ id, text }: { id: string; text: string }) => ({
            id,
            text,
          }));
        expect(await recall('which queue do we use')).toEqual([]);

        const long = `# Deploys\n\n${'Each deploy is announced in the channel of its team first. '.repeat(20)}`;
        const [queue, deploys, other] = [
          await remember('The job queue is pg-boss; it must run in the same database.'),
          await remember(long),
          await remember('# Deploys\n\nOf the console they are by hand.'),
        ];
        expect(new Set([queue.id, deploys.id, other.id]).size).toBe(3);
        // The same again, as models do.
        expect(await remember(long)).toEqual({ id: deploys.id, unchanged: true });
        const [best] = await recall('which queue do we use for jobs?');
        expect(best).toEqual({ id: queue.id, text: 'The job queue is pg-boss; it must run in the same database.' });
        const found = await recall('how are deploys announced');
        expect(found).toEqual(expect.arrayContaining([{ id: deploys.id, text: long }]));

        expect(await client.done('forget', { id: queue.id })).toEqual({ removed: { contexts: 1 }, tombstones: [] });
        expect(await recall('pg-boss job queue')).toEqual([]);
        const again = await client.call('forget', { id: queue.id });
        expect([again.isError, again.data.code]).toEqual([true, 'context-not-found']);
        const changed = await remember('The job queue is our own table by now.');
        expect((await recall('which queue do we use for jobs?'))[0]).toMatchObject({ id: changed.id });

        const refused = await client.call('recall', { query: ' ' });
        expect(refused.data).toMatchObject({ status: 400, errors: [{ pointer: '/query' }] });
        expect(refused.data.detail).toContain('/query');
      } finally {
        await client.close();
      }
    },
    120_000,
  );

  it('T16 two connections with one key work side by side and do not mix', async () => {
    const clients = await Promise.all(['one', 'two'].map((project) => connectHttp(server, { project })));
    try {
      const sessions = await Promise.all(clients.map((client) => client.done('session_start')));
      expect(sessions.map(({ project }) => project)).toEqual(['one', 'two']);
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          clients[n % 2]!.done('session_log', { id: sessions[n % 2].id, kind: 'progress', text: `step ${n}` }),
        ),
      );
      for (const [index, { id }] of sessions.entries()) {
        const { body } = await server.api.get(`/v1/sessions/${id}/entries`);
        const steps = (body.items as { text: string }[]).map(({ text }) => Number(text.split(' ')[1]));
        expect(steps.length).toBe(10);
        expect(steps.every((step) => step % 2 === index)).toBe(true);
      }
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  });

  it('what one stores by MCP is there for REST at once, and the other way round', async () => {
    const client = await connectHttp(server, { profile: 'full' });
    try {
      const stored = await client.done('context_store', { project: 'shared', label: 'a', content: 'by MCP' });
      expect((await server.api.get(`/v1/contexts/${stored.id}`)).body.content).toBe('by MCP');
      await client.done('context_get_by_label', { project: 'shared', label: 'a' });
      await server.api.post('/v1/contexts', { project: 'shared', label: 'a', content: 'by REST' });
      const read = await client.done('context_get_by_label', { project: 'shared', label: 'a' });
      expect(read).toMatchObject({ version: 2, content: 'by REST' });
    } finally {
      await client.close();
    }
  });
});
