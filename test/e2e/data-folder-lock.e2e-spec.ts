import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#test/support/eventually.js';
import { createKeepsake, type Keepsake, startKeepsake } from '#test/support/keepsake.js';

describe('T72 two servers on one data folder', () => {
  const started: Keepsake[] = [];

  afterEach(async () => {
    for (const server of started.splice(0)) await server.remove();
  });

  const second = async (first: Keepsake) => {
    const server = await createKeepsake({ dataDir: first.dataDir, env: { KEEPSAKE_BOOTSTRAP_KEY: first.key } });
    started.unshift(server);
    return server;
  };

  /** As another PID namespace, container or host sees the lock of `server`, who goes on renewing it. */
  const seenFromElsewhere = (server: Keepsake) => {
    const file = join(server.dataDir, 'keepsake.lock');
    const owner = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...owner, space: 'another', host: 'other', pid: 1 }));
  };

  const store = (server: Keepsake, label: string) =>
    server.api.post('/v1/contexts', { project: 'x', label, content: `the text of ${label}` });

  it('in other PID namespaces, containers or hosts: the second refuses with one sentence', async () => {
    const first = await startKeepsake();
    started.push(first);
    seenFromElsewhere(first);
    const other = await second(first);
    other.spawn();
    expect(await other.exited()).toEqual({ code: 69, signal: null });
    expect(other.stderr).toMatch(
      /^The data folder \S+ is in use by process 1 of another container or host \(other\)\./,
    );
    expect(other.stderr.trim().split('\n')).toHaveLength(1);
    expect((await store(first, 'after')).status).toBe(201);
  }, 180_000);

  it('one that was stopped until another took its folder writes nothing more, and ends', async () => {
    const first = await startKeepsake();
    started.push(first);
    seenFromElsewhere(first);
    first.send('SIGSTOP');
    const other = await second(first);
    await other.start();
    expect((await store(other, 'of-the-second')).status).toBe(201);
    const late = store(first, 'of-the-first').then(
      ({ status }) => status,
      () => 'no answer',
    );
    first.send('SIGCONT');
    expect(await late).not.toBe(201);
    expect(await first.exited()).toEqual({ code: 69, signal: null });
    expect(first.stderr).toContain('The data folder was taken by process');
    await eventually(async () => (await store(other, 'later')).status === 201);
    const { body } = await other.api.get('/v1/contexts?project=x');
    expect(body.items.map(({ label }: { label: string }) => label).toSorted()).toEqual(['later', 'of-the-second']);
  }, 180_000);
});
