/**
 * Puts what was compiled, and the packages that it loads, into a few files: `dist/bundle`. A server loads more than
 * three thousand files otherwise, which is half the time of its start.
 *
 * Where rolldown has no package for this platform it says so and makes none; `bin/keepsake.mjs` starts what was compiled.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist', 'bundle');
const compiled = (path) => join(root, 'dist', path);

/** They find files beside their own. */
const PACKAGES_WITH_FILES = [/^@electric-sql\//, 'unpdf', 'pino'];

/** Others that watch a process find them by name: whoever traces statements and commands has them patched as they load. */
const DRIVERS = ['pg', 'ioredis'];

/** What other packages ask for in vain, and do without. */
const PACKAGES_NOT_USED =
  /^(@nestjs\/(microservices|platform-express|websockets)|class-(transformer|validator)|@fastify\/(multipart|view))(\/|$)/;

rmSync(folder, { recursive: true, force: true });

const bundler = await import('rolldown').catch((error) => {
  console.error(`Not bundled: servers work, and take twice as long to start (${String(error.message).split('\n')[0]})`);
});

if (bundler !== undefined) {
  await bundler.build({
    cwd: root,
    platform: 'node',
    // Threads load a file of this name from the folder of whoever starts them.
    input: {
      main: compiled('apps/cli/src/main.js'),
      'html-page.worker': compiled('libs/context/src/ingest/html-page.worker.js'),
      'pdf-text.worker': compiled('libs/context/src/ingest/pdf-text.worker.js'),
      'extract.worker': compiled('libs/context/src/extract/extract.worker.js'),
      'text-diff.worker': compiled('libs/context/src/recall/text-diff.worker.js'),
      'pglite.worker': compiled('libs/database/src/embedded/pglite.worker.js'),
    },
    external: [...PACKAGES_WITH_FILES, ...DRIVERS, PACKAGES_NOT_USED],
    onLog(level, log, handle) {
      // Of telejson, which is never given a text of others: see libs/cache.
      if (log.code === 'EVAL' && log.id?.includes('/telejson/')) return;
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      // The compiler knows no types: where a parameter's type is `z.infer<…>`, what it writes for Nest asks whether that exists.
      if (log.code === 'IMPORT_IS_UNDEFINED' && log.message.includes('Import `infer` ')) return;
      handle(level, log);
    },
    output: {
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      hashCharacters: 'hex',
      // Tables, tokens of injection and errors are known by the names of their classes.
      keepNames: true,
    },
  });
}
