import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CACHED_ROUTES,
  type CachedThing,
  FAMILIES,
  TAGS,
  type TagName,
  UNCACHED_READS,
} from '#test/e2e/caching/dependency-table.js';
import {
  COMMANDS,
  FALLS_WITHOUT_CHANGE,
  JOBS,
  START,
  TIME,
  type Writer,
  WRITING_ROUTES,
} from '#test/e2e/caching/writer-table.js';
import { HARMLESS_CALLS, WRITER_CALLS } from '#test/e2e/caching/writer-calls.js';

const ROOT = join(import.meta.dirname, '../..');

async function sources(...folders: readonly string[]): Promise<string[]> {
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true }))
        .filter((path) => path.endsWith('.ts') && !/spec\.ts$|testing\//.test(path))
        .map((path) => join(ROOT, folder, path)),
    ),
  );
  return Promise.all(files.flat().map((path) => readFile(path, 'utf8')));
}

const namesIn = (texts: readonly string[], pattern: RegExp) => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name as string)).toSorted()),
];

/** Every kind of entry that is not immutable. */
const things: readonly (readonly [name: string, thing: CachedThing])[] = [
  ...Object.entries(FAMILIES).flatMap(([family, row]): (readonly [string, CachedThing])[] => {
    if (row === 'immutable') return [];
    if ('shows' in row) return [[family, row as CachedThing]];
    return Object.entries(row).map(([of, thing]) => [`${family} ${of}`, thing] as const);
  }),
  ...Object.entries(CACHED_ROUTES),
];

const writers: readonly (readonly [name: string, writer: Writer])[] = Object.entries({
  ...WRITING_ROUTES,
  ...JOBS,
  ...COMMANDS,
  ...START,
  ...TIME,
}).flatMap(([name, row]) => ('fires' in row ? [[name, row] as const] : []));

describe('the table of what is cached', () => {
  it('has a row for every family that is declared, and for no other', async () => {
    const declared = namesIn(await sources('libs'), /= defineFamily[^]*?\bname: '([a-z-]+)'/g);
    expect(Object.keys(FAMILIES).toSorted()).toEqual(declared);
  });

  it('has a row for every tag that is defined, and for no other', async () => {
    const defined = namesIn(await sources('libs'), /= define(?:Platform)?Tag(?:<[^(]*>)?\(\s*'([a-z-]+)'/g);
    expect(Object.keys(TAGS).toSorted()).toEqual(defined);
  });

  it('has a row for every job that is declared', async () => {
    const declared = namesIn(await sources('libs'), /= declareJob[^]*?\bname: '([a-z-]+)'/g);
    expect(Object.keys(JOBS).toSorted()).toEqual(declared);
  });

  it('has a row for every command', () => {
    const text = readFileSync(join(ROOT, 'apps/cli/src/commands.ts'), 'utf8');
    const [, list = ''] = /const commands[^{]*\{([^}]*)\}/.exec(text) ?? [];
    const names = [...list.matchAll(/^ {2}'?([\w-]+)/gm)].map(([, name]) => name as string);
    expect(Object.keys(COMMANDS).toSorted()).toEqual(names.toSorted());
    for (const row of Object.values(COMMANDS))
      for (const route of 'calls' in row ? row.calls : []) expect(Object.keys(WRITING_ROUTES)).toContain(route);
  });

  it('has no writer among the POSTs that only read: their answers wait for no delivery', async () => {
    const readers = (await sources('libs')).flatMap((text) => {
      const [, prefix = ''] = /@Controller\('([^']*)'\)/.exec(text) ?? [];
      return [...text.matchAll(/@Endpoint\('POST ([^']*)', \{([^]*?)\n {2}\}\)/g)]
        .filter(([, , options = '']) => options.includes('onlyReads: true'))
        .map(([, path = '']) => `POST /${prefix}${path}`);
    });
    expect(readers.toSorted()).toEqual([
      'POST /mcp',
      'POST /v1/admin/cache/test',
      'POST /v1/contexts/check',
      'POST /v1/contexts/recall',
      'POST /v1/embeddings',
    ]);
    const writing = readers.filter((route) => (WRITING_ROUTES[route]?.fires.length ?? 0) > 0);
    expect(writing).toEqual([]);
  });

  it('has no writer that changes what is shown without firing a tag of it', () => {
    const forgotten = writers.flatMap(([writer, { changes, fires, mayFire = [] }]) =>
      things
        .filter(
          ([, { shows, tags }]) =>
            shows.some((fact) => changes.includes(fact)) && !tags.some((tag) => [...fires, ...mayFire].includes(tag)),
        )
        .map(([thing]) => `${writer} does not make ${thing} fall`),
    );
    expect(forgotten).toEqual([]);
  });

  it('has every thing of a workspace fall with what is deleted', () => {
    const kept = things.filter(
      ([name, { tags }]) => !/^(principal|workspace|(GET \/v1\/)?settings)$/.test(name) && !tags.includes('removals'),
    );
    expect(kept.map(([name]) => name)).toEqual([]);
  });

  it('names no fact that nobody changes, and no tag that nobody fires', () => {
    const changed = new Set(writers.flatMap(([, { changes }]) => changes));
    const fired = new Set<TagName>(writers.flatMap(([, { fires, mayFire = [] }]) => [...fires, ...mayFire]));
    expect(things.flatMap(([name, { shows }]) => shows.filter((fact) => !changed.has(fact)).map(() => name))).toEqual(
      [],
    );
    expect(Object.keys(TAGS).filter((tag) => !fired.has(tag as TagName))).toEqual([]);
    for (const { tag } of FALLS_WITHOUT_CHANGE) expect(Object.keys(TAGS)).toContain(tag);
  });

  it('has every writer walked, or names the test that shows it', () => {
    const calls = [...Object.keys(WRITER_CALLS), ...Object.keys(HARMLESS_CALLS)];
    const callOf = (name: string) => calls.find((call) => call === name || call.endsWith(` ${name}`));
    const left = writers.filter(
      ([name, { changes, provedBy }]) => changes.length > 0 && callOf(name) === undefined && provedBy === undefined,
    );
    expect(left.map(([name]) => name)).toEqual([]);
    const named = writers.flatMap(([, { provedBy }]) => provedBy ?? []);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('knows no route both as cached and as not cached', () => {
    expect(Object.keys(CACHED_ROUTES).filter((route) => route in UNCACHED_READS)).toEqual([]);
  });
});
