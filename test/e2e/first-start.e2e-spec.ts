import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, createKeepsake } from '#test/support/keepsake.js';

const KEY = /ks_[A-Za-z0-9]+_[A-Za-z0-9_-]+/;

describe('the first starts on an embedded database', () => {
  let server: Keepsake;
  let other: Server | undefined;

  beforeAll(async () => {
    server = await createKeepsake({ empty: true, env: { KEEPSAKE_BOOTSTRAP_KEY: undefined } });
  });
  afterAll(async () => {
    other?.close();
    await server.remove();
  }, 120_000);

  it('the key is shown by the start that first serves, also if an earlier one found its port taken', async () => {
    other = createServer();
    other.listen(server.port, '127.0.0.1');
    await once(other, 'listening');
    server.spawn();
    await eventually(() => server.stderr.includes(`Making the database in ${server.dataDir}:`), {
      what: 'a line that says what takes so long',
    });
    expect((await server.exited()).code).not.toBe(0);
    expect(server.stderr).toContain(String(server.port));
    expect(server.stderr).not.toMatch(KEY);
    other.close();
    await once(other, 'close');

    await server.start();
    const key = KEY.exec(server.stderr)?.[0] ?? '';
    expect((await readFile(join(server.dataDir, 'operator.key'), 'utf8')).trim()).toBe(key);
    const answer = await server.api.as(key).get('/v1/keys');
    expect(answer.status).toBe(200);
    expect(server.stderr).toContain(`API page      ${server.url}/docs`);
  }, 120_000);

  it('every later start says where the key and the API page are, and does not show the key again', async () => {
    await server.stop();
    server.stderr = '';
    await server.start();
    expect(server.stderr).toContain(`Keepsake listens on ${server.url}`);
    expect(server.stderr).toContain(`API page      ${server.url}/docs`);
    expect(server.stderr).toMatch(/operator key {2}\S*operator\.key/);
    expect(server.stderr).not.toMatch(KEY);
    expect(server.stderr).not.toContain('Making the database');
  }, 120_000);
});
