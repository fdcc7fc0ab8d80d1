import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api } from '#test/support/api.js';
import { runKeepsake } from '#test/support/child.js';
import { type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

describe('keepsake users, and the schema of preferences', () => {
  let fixture: ServerFixture;
  let api: Api;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-users-cli-'));
    fixture = await startFixtureOn(false, { EMBEDDING_PROVIDER: 'off' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(async () => {
    await fixture?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (...args: readonly string[]) =>
    runKeepsake(args, { cwd: folder, env: { KEEPSAKE_URL: fixture.server.url, KEEPSAKE_KEY: fixture.server.key } });

  it('erases a user and waits for it, shows the report, and leaves the neighbour', async () => {
    for (const user of ['ada/ 1', 'bea']) {
      const path = `/v1/users/${encodeURIComponent(user)}/profile`;
      expect((await api.patch(path, { profile: { name: user } })).status).toBe(200);
      const { id } = (await api.post('/v1/conversations', { user })).body;
      expect(
        (await api.post(`/v1/conversations/${id}/messages`, { messages: [{ role: 'user', content: 'Hi.' }] })).status,
      ).toBe(201);
    }
    expect((await run('users', 'erasure', 'ada/ 1')).code).toBe(1);
    const { code, stdout } = await run('users', 'erase', 'ada/ 1', '--yes');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Erased at \S+Z, as asked at \S+Z\.$/m);
    expect(stdout).toMatch(/^removed: .*\b1 messages\b/m);
    expect(stdout).toMatch(/^found by the last scan: nothing$/m);
    const shown = JSON.parse((await run('users', 'erasure', 'ada/ 1', '--json')).stdout);
    expect(shown).toMatchObject({ state: 'finished', removed: { conversations: 1, messages: 1, profiles: 1 } });
    expect((await api.get('/v1/users/bea/profile')).body).toMatchObject({ profile: { name: 'bea' } });
    expect((await api.get('/v1/conversations?user=bea')).body.items).toHaveLength(1);
  }, 120_000);

  it('sets the schema of preferences from a file, and takes it back', async () => {
    const file = join(folder, 'schema.json');
    await writeFile(file, JSON.stringify({ type: 'object', properties: { theme: { enum: ['dark', 'light'] } } }));
    const change = (theme: string) => api.patch('/v1/users/cem/profile', { preferences: { theme } });
    const { code, stdout } = await run('settings', 'set', '--preference-schema', file);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^preferences of users: \{"type":"object",/m)]);
    expect([(await change('blue')).status, (await change('dark')).status]).toEqual([400, 200]);
    expect((await run('settings', 'set', '--preference-schema', 'none')).stdout).toMatch(
      /^preferences of users: free$/m,
    );
    expect((await change('blue')).status).toBe(200);
    await writeFile(file, '{');
    const broken = await run('settings', 'set', '--preference-schema', file);
    expect([broken.code, broken.stderr]).toEqual([64, expect.stringContaining('holds no JSON')]);
    expect((await run('settings', 'set', '--preference-schema', join(folder, 'nothing.json'))).code).toBe(64);
  }, 120_000);
});
