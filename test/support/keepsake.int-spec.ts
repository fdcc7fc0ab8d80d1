import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '#test/setup/services/process-table.mjs';
import { createTestDatabase } from './database.js';
import { createKeepsake, startKeepsake } from './keepsake.js';

describe('the product as a child process', () => {
  it('is ready on the embedded database, answers its own key, and leaves nothing', async () => {
    const keepsake = await startKeepsake({ empty: true });
    const { pid, dataDir } = keepsake;
    expect((await keepsake.api.get('/health/live')).status).toBe(200);
    expect((await keepsake.api.get('/v1/keys')).status).toBe(200);
    expect((await keepsake.api.as(undefined).get('/v1/keys')).status).toBe(401);
    expect(await keepsake.stop()).toEqual({ code: 0, signal: null });
    await keepsake.remove();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(dataDir)).toBe(false);
  }, 120_000);

  it('is started again on the same port, key and data after kill -9', async () => {
    const database = await createTestDatabase();
    const keepsake = await startKeepsake({ env: { DATABASE_URL: database.url } });
    try {
      const made = await keepsake.api.post('/v1/keys', { name: 'kept', scopes: ['memory:read'] });
      expect(made.status).toBe(201);
      expect(await keepsake.kill()).toEqual({ code: null, signal: 'SIGKILL' });
      await keepsake.start();
      const keys = await keepsake.api.get('/v1/keys');
      expect(keys.body.items.map(({ name }: { name: string }) => name)).toContain('kept');
    } finally {
      await keepsake.remove();
      await database.drop();
    }
  }, 120_000);

  it('works as compiled, where it could not be bundled', async () => {
    const program = join(import.meta.dirname, '../../dist/apps/cli/src/main.js');
    const keepsake = await startKeepsake({ program });
    try {
      expect((await keepsake.api.get('/v1/keys')).status).toBe(200);
    } finally {
      await keepsake.remove();
    }
  }, 120_000);

  it('that cannot start says what it said', async () => {
    const starting = startKeepsake({ env: { PORT: 'not-a-port' } });
    await expect(starting).rejects.toThrow(/the server ended as it started:[^]*PORT/);
  }, 120_000);

  it('can be watched failing', async () => {
    const keepsake = await createKeepsake({ args: ['no-such-command'] });
    keepsake.spawn();
    const { code } = await keepsake.exited();
    expect(code).not.toBe(0);
    expect(keepsake.stderr).toContain('no-such-command');
    await keepsake.remove();
  });
});
