import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runKeepsake } from '#test/support/child.js';
import { createKeepsake } from '#test/support/keepsake.js';

/** What is written, with a value that must not be repeated, and what is said of it. */
const WRITTEN: readonly (readonly [name: string, value: string, note: string])[] = [
  ['DATABASE_POOL_SIZE', '77', 'DATABASE_POOL_SIZE has no effect on the embedded database (without DATABASE_URL).'],
  ['REDIS_SOCKET_TIMEOUT', '78', 'REDIS_SOCKET_TIMEOUT has no effect without REDIS_URL.'],
  ['REDIS_MAX_CONNECTIONS', '79', 'REDIS_MAX_CONNECTIONS has no effect without REDIS_URL.'],
  ['KEEPSAKE_DATADIR', '/written', 'KEEPSAKE_DATADIR is not known and has no effect; write KEEPSAKE_DATA_DIR.'],
  ['CACHE_DEFAULT_TLL', '80', 'CACHE_DEFAULT_TLL is not known and has no effect; write CACHE_DEFAULT_TTL.'],
];
const IN_FILE: typeof WRITTEN = [
  ['OPENAI_API_KEY', 'sk-written', 'OPENAI_API_KEY has no effect without EMBEDDING_PROVIDER=openai or auto.'],
  ['COLOUR', 'written-blue', 'COLOUR is not known and has no effect.'],
  ['LOG_LEVEL', 'trace', 'LOG_LEVEL in the file .env has no effect: the environment sets it too, and wins.'],
];
const notes = [...WRITTEN, ...IN_FILE].map(([, , note]) => note);

describe('what is written in the configuration and changes nothing', () => {
  it.each([
    ['for people', []],
    ['as JSON', ['--json']],
  ])(
    'is reported by every start and by doctor, %s, with no value repeated',
    async (_how, options) => {
      const environment = { ...Object.fromEntries(WRITTEN), LOG_LEVEL: 'error', EMBEDDING_PROVIDER: 'local' };
      const server = await createKeepsake({ env: environment, args: ['serve', ...options] });
      try {
        await writeFile(join(server.dataDir, '.env'), IN_FILE.map(([name, value]) => `${name}=${value}\n`).join(''));
        await server.start();
        const said = server.stdout + server.stderr;
        for (const note of notes) expect(said).toContain(note);
        if (options.length > 0)
          expect(server.stderr.split('\n')).toEqual(
            expect.arrayContaining(notes.map((note) => JSON.stringify({ note }))),
          );
        for (const secret of ['sk-written', 'written-blue', '/written']) expect(said).not.toContain(secret);
        const doctor = await runKeepsake(['doctor', ...options], { env: environment, cwd: server.dataDir });
        for (const note of notes) expect(doctor.stdout).toContain(note);
      } finally {
        await server.remove();
      }
    },
    120_000,
  );

  it('is nothing where everything is in force', async () => {
    const server = await createKeepsake({ env: { SESSION_IDLE_MINUTES: '60' } });
    try {
      await server.start();
      expect(server.stdout + server.stderr).not.toContain('has no effect');
    } finally {
      await server.remove();
    }
  }, 120_000);
});
