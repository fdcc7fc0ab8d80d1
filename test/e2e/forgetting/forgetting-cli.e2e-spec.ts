import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api } from '#test/support/api.js';
import { type Ended, runKeepsake } from '#test/support/child.js';
import { type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';

const WHY = ['--reason', 'a test of the commands', '--yes'];

function parsed({ code, stdout, stderr }: Ended): any {
  if (code !== 0) throw new Error(`the command ended with ${code}:\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}

describe('keepsake forget and tombstones', () => {
  const project = 'atlas';
  let fixture: ServerFixture;
  let api: Api;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keepsake-forget-cli-'));
    fixture = await startFixtureOn(false, { EMBEDDING_PROVIDER: 'off' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(async () => {
    await fixture?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    runKeepsake(args, {
      cwd: folder,
      env: { KEEPSAKE_URL: fixture.server.url, KEEPSAKE_KEY: fixture.server.key, ...env },
    });
  const store = async (label: string, content: string, to = project) =>
    (await api.post('/v1/contexts', { project: to, label, content })).body;
  const statusOf = async (id: string) => (await api.get(`/v1/contexts/${id}`)).status;

  it('forgets every version of a label, with a slash in it, and leaves its neighbour', async () => {
    const [first, second] = [await store('a/b: c', 'One text.'), await store('a/b: c', 'Another text.')];
    const stays = await store('a/b', 'A neighbour.');
    const { code, stdout } = await run(['forget', project, 'a/b: c', ...WHY]);
    expect([code, stdout]).toEqual([0, 'Deleted 2 versions.\n']);
    expect([await statusOf(first.id), await statusOf(second.id), await statusOf(stays.id)]).toEqual([404, 404, 200]);
    const [line] = (await api.get('/v1/admin/audit')).body.items;
    expect(line).toMatchObject({ action: 'context.forget', reason: 'a test of the commands' });
    const again = await run(['forget', project, 'a/b: c', ...WHY]);
    expect([again.code, again.stdout]).toEqual([1, '']);
  }, 120_000);

  it('forgets one version by its id, or its label, in the project that is named alone', async () => {
    const [first, second, third] = [await store('l', 'I.'), await store('l', 'II.'), await store('l', 'III.')];
    const elsewhere = await run(['forget', 'another', '--id', first.id, ...WHY]);
    expect(elsewhere).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(first.id) });
    expect((await run(['forget', project, '--id', 'nope', ...WHY])).code).toBe(1);
    expect(parsed(await run(['forget', project, '--id', first.id, '--json', ...WHY]))).toEqual({
      removed: { contexts: 1 },
      tombstones: [],
    });
    expect([await statusOf(first.id), await statusOf(second.id)]).toEqual([404, 200]);
    parsed(await run(['forget', project, '--id', second.id, '--all-versions', '--json', ...WHY]));
    expect([await statusOf(second.id), await statusOf(third.id)]).toEqual([404, 404]);
  }, 120_000);

  it('rejects with --tombstone, lists without the text, and lifts', async () => {
    const text = 'The deploy key lies under the third stone.';
    await store('wrong', text);
    expect((await run(['tombstones', 'list', project])).stdout).toMatch(/^There are no tombstones/);
    const { tombstones } = parsed(await run(['forget', project, 'wrong', '--tombstone', '--json', ...WHY]));
    expect((await api.post('/v1/contexts', { project, label: 'again', content: text })).status).toBe(409);
    const listed = parsed(await run(['tombstones', 'list', project, '--json'])).items;
    expect(listed).toEqual([expect.objectContaining({ id: tombstones[0], reason: 'a test of the commands' })]);
    const shown = (await run(['tombstones', 'list', project])).stdout;
    expect(shown).toMatch(new RegExp(`^id +since +by +reason\\n${tombstones[0]} .* a test of the commands\\n$`));
    expect(shown).not.toContain('stone.');
    const unconfirmed = await run(['tombstones', 'lift', project, tombstones[0]]);
    expect(unconfirmed).toMatchObject({ code: 64, stderr: expect.stringContaining('needs --yes') });
    expect((await run(['tombstones', 'lift', 'another', tombstones[0], '--yes'])).code).toBe(1);
    expect((await run(['tombstones', 'lift', project, tombstones[0], '--yes'])).code).toBe(0);
    expect((await run(['tombstones', 'lift', project, tombstones[0], '--yes'])).code).toBe(1);
    expect((await store('again', text)).content).toBe(text);
    expect((await run(['tombstones', 'list', 'never-written'])).code).toBe(1);
  }, 120_000);

  it('does nothing without a confirmation, nor for a key that may not write', async () => {
    const { id } = await store('kept', 'It stays.');
    const { body: reader } = await api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
    const [unconfirmed, forbidden] = await Promise.all([
      run(['forget', project, 'kept', '--tombstone', '--reason', 'a test']),
      run(['forget', project, 'kept', ...WHY], { KEEPSAKE_KEY: reader.key }),
    ]);
    expect(unconfirmed.code).toBe(64);
    expect(unconfirmed.stderr).toMatch(
      /^Forgetting the label "kept" of atlas deletes every version for good and refuses the text from then on: that needs --yes\./,
    );
    expect(forbidden).toMatchObject({ code: 1, stderr: expect.stringContaining('memory:write') });
    expect(await statusOf(id)).toBe(200);
  }, 120_000);
});
