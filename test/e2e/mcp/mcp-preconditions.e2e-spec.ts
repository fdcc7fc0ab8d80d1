import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { connectHttp, connectStdio, type McpClient } from '#test/support/mcp.js';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

describe('compare-and-set by tools', () => {
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    server = await startKeepsake({ onPostgres: true, env: { EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'warn' } });
    folder = await mkdtemp(join(tmpdir(), 'keepsake-mcp-match-'));
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('every tool of a route that takes If-Match takes ifMatch, and no other does', async () => {
    const client = await connectHttp(server, { profile: 'full' });
    try {
      const { tools } = await client.sdk.listTools();
      const { body } = await server.api.get('/openapi.json');
      // Keys, webhooks and families of the cache are administered without tools.
      const conditional = Object.entries(body.paths as Record<string, Record<string, Operation>>)
        .filter(([path]) => !/^\/v1\/(keys|admin|webhooks)\//.test(path))
        .flatMap(([, methods]) => Object.values(methods))
        .filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'If-Match'));
      const takers = tools.filter(({ inputSchema }) => 'ifMatch' in (inputSchema.properties ?? {}));
      expect(takers.length).toBe(conditional.length);
      expect(takers.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'session_end',
          'context_update',
          'agent_state_put',
          'conversation_edit',
          'retention_set',
        ]),
      );
    } finally {
      await client.close();
    }
  });

  const ways: [string, (project: string) => Promise<McpClient>][] = [
    ['HTTP', (project) => connectHttp(server, { profile: 'full', project })],
    ['stdio', (project) => connectStdio(server, folder, { profile: 'full', project })],
  ];

  it.each(ways)('by %s: one of many writers wins a state, and the others learn its version', async (way, connect) => {
    const client = await connect(`cas-${way.toLowerCase()}`);
    try {
      const state = { agent: 'crew/one' };
      const first = await client.done('agent_state_put', { ...state, value: { n: 1 }, ifNoneMatch: '*' });
      expect(await client.call('agent_state_put', { ...state, value: { n: 1 }, ifNoneMatch: '*' })).toMatchObject({
        isError: true,
        data: { code: 'precondition-failed', errors: [{ pointer: '/ifNoneMatch' }] },
      });
      const read = await client.done('agent_state_get', state);
      expect(read.etag).toBe(first.etag);
      const writers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          client.call('agent_state_put', { ...state, value: { n }, ifMatch: read.etag }),
        ),
      );
      const won = writers.filter(({ isError }) => !isError);
      expect(won.length).toBe(1);
      const lost = writers.filter(({ isError }) => isError).map(({ data }) => data);
      expect(lost).toHaveLength(9);
      for (const problem of lost)
        expect(problem).toMatchObject({
          code: 'precondition-failed',
          status: 412,
          currentVersion: won[0]!.data.version,
          errors: [{ pointer: '/ifMatch', detail: 'names another state than the current one' }],
        });
      // As a model writes it that leaves the quotes out.
      const bare = won[0]!.data.etag.replaceAll('"', '');
      const updated = await client.done('agent_state_update', { ...state, value: { m: 2 }, ifMatch: bare });
      expect(await client.call('agent_state_delete', { ...state, ifMatch: bare })).toMatchObject({ isError: true });
      await client.done('agent_state_delete', { ...state, ifMatch: updated.etag });
    } finally {
      await client.close();
    }
  });

  it.each(ways)('by %s: a change on what was read before is refused, of every kind', async (way, connect) => {
    const project = `kinds-${way.toLowerCase()}`;
    const client = await connect(project);
    try {
      const session = await client.done('session_start', {});
      const context = await client.done('context_store', { label: 'a', content: 'b' });
      const conversation = await client.done('conversation_begin', { title: 'c' });
      const { items } = await client.done('conversation_append', {
        id: conversation.id,
        messages: [{ role: 'user', content: 'd' }],
      });
      const message = { id: conversation.id, message: items[0].id };
      await client.done('retention_set', { project, archiveAfterDays: 9 });
      const kinds: [string, Record<string, unknown>, string, Record<string, unknown>][] = [
        ['session_get', { id: session.id }, 'session_update', { metadata: { n: 1 } }],
        ['context_get', { id: context.id }, 'context_update', { tags: ['x'] }],
        ['conversation_get', { id: conversation.id }, 'conversation_update', { title: 'e' }],
        ['conversation_message', message, 'conversation_edit', { content: 'f' }],
        ['retention_get', { project }, 'retention_set', { archiveAfterDays: 8 }],
      ];
      for (const [reader, named, writer, change] of kinds) {
        const { etag } = await client.done(reader, named);
        const written = { ...named, ...change, ifMatch: etag };
        await client.done(writer, written);
        const again = await client.call(writer, written);
        expect([writer, again.isError, again.data.code]).toEqual([writer, true, 'precondition-failed']);
        expect((await client.done(reader, named)).etag).not.toBe(etag);
      }
      expect(await client.done('context_list', {})).not.toHaveProperty('etag');
    } finally {
      await client.close();
    }
  });
});
