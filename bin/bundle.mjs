/**
 * Puts what was compiled, and the packages that it loads, into a few files: `dist/bundle`. A server loads more than
 * three thousand files otherwise, which is half the time of its start.
 *
 * Where rolldown has no package for this platform it says so and makes none; `bin/keepsake.mjs` starts what was compiled.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DRIVERS, PACKAGES_WITH_FILES } from './packages-beside-the-bundle.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist', 'bundle');
const compiled = (path) => join(root, 'dist', path);

/** What other packages ask for in vain, and do without. */
const PACKAGES_NOT_USED =
  /^(@nestjs\/(microservices|platform-express|websockets)|class-(transformer|validator)|@fastify\/(multipart|view))(\/|$)/;

/** What the API page is made of. */
const PAGE_FILES = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'favicon-16x16.png',
  'favicon-32x32.png',
  'LICENSE',
  'NOTICE',
];

/**
 * @nestjs/typeorm asks by `require` for two names that TypeORM had before 1.0: of all of its files, which are in the bundle
 * already, at every start.
 */
const oneTypeorm = {
  name: 'one-typeorm',
  transform: {
    filter: { id: /@nestjs\/typeorm\/dist\/common\/typeorm-compat\.js$/ },
    /** @param {string} code */
    handler(code) {
      const required = "require('typeorm')";
      if (!code.includes(required)) throw new Error('@nestjs/typeorm does not require typeorm any more');
      return `import * as bundledTypeorm from 'typeorm';\n${code.replace(required, 'bundledTypeorm')}`;
    },
  },
};

rmSync(folder, { recursive: true, force: true });

const bundler = await import('rolldown').catch((error) => {
  console.error(`Not bundled: servers work, and take twice as long to start (${String(error.message).split('\n')[0]})`);
});

if (bundler !== undefined) {
  const subject = join(root, 'bench/cache/subjects/keepsake.mjs');
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
      'token-count.worker': compiled('libs/conversation/src/window/token-count.worker.js'),
      'use.worker': compiled('libs/embedding/src/provider/use.worker.js'),
      'pglite.worker': compiled('libs/database/src/embedded/pglite.worker.js'),
      // What `keepsake bench redis` measures.
      ...(existsSync(subject) ? { 'bench-subject': subject } : {}),
    },
    external: [...PACKAGES_WITH_FILES, ...DRIVERS, PACKAGES_NOT_USED],
    plugins: [oneTypeorm],
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
  for (const file of readdirSync(folder)) if (file.endsWith('.js')) escapeBeyondAscii(join(folder, file));
  copyApiPage(join(folder, 'api-page'));
}

/**
 * Node reads and compiles a file faster, and keeps half the memory for its text, where all of it is ASCII. A file is left as it
 * is where an escape would mean something else (in a raw template), or where it would only grow.
 *
 * @param {string} file
 */
function escapeBeyondAscii(file) {
  const code = readFileSync(file, 'utf8');
  if (/String\.raw`[^`]*[^\0-\x7f`]/.test(code)) return;
  // A backslash before such a character means nothing; before its escape it would.
  const plain = /\\[^\0-\x7f]/.test(code) ? code.replaceAll(/(?<!\\)((?:\\\\)*)\\([^\0-\x7f])/g, '$1$2') : code;
  const escaped = plain.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (escaped.length < code.length * 1.1) writeFileSync(file, escaped);
}

/** @param {string} target */
function copyApiPage(target) {
  // Only @nestjs/swagger depends on it.
  const swagger = createRequire(join(root, 'package.json')).resolve('@nestjs/swagger');
  const page = dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
  mkdirSync(target, { recursive: true });
  for (const name of PAGE_FILES) cpSync(join(page, name), join(target, name));
}
