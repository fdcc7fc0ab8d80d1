import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';

/** Tables that are above all workspaces. */
const ABOVE = [
  'workspaces',
  'schema_migrations',
  'cache_invalidations',
  'cache_erasures',
  'cache_family_settings',
  'cache_primaries',
  'embedding_models',
  'process_reports',
  'installation_secrets',
  'search_changes_removed',
];

interface KeyRow {
  readonly table: string;
  readonly name: string;
  readonly kind: 'p' | 'f' | 'u';
  readonly columns: string[];
  readonly target: string | null;
}

describe('the schema keeps workspaces apart', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let keys: KeyRow[];

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<KeyRow>(`
      SELECT t.relname AS table, c.conname AS name, c.contype AS kind, f.relname AS target,
             ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place) AS columns
      FROM pg_constraint c
      JOIN pg_class t ON t.oid = c.conrelid
      JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
      LEFT JOIN pg_class f ON f.oid = c.confrelid
      WHERE c.contype IN ('p', 'f', 'u')`);
    keys = rows.filter((row) => !ABOVE.includes(row.table));
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('every table has a primary key that leads with the workspace', async () => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' WHERE c.relkind IN ('r', 'p')`,
    );
    const leading = new Set(
      keys.filter((key) => key.kind === 'p' && key.columns[0] === 'workspace_id').map((key) => key.table),
    );
    const others = tables.map(({ name }) => name).filter((name) => !ABOVE.includes(name) && !leading.has(name));
    expect(others).toEqual([]);
    expect(leading.size).toBeGreaterThan(6);
  });

  it('every foreign key carries the workspace, so that no row can refer to another one', () => {
    const foreign = keys.filter((key) => key.kind === 'f');
    expect(foreign.filter((key) => key.columns[0] !== 'workspace_id').map(({ name }) => name)).toEqual([]);
    expect(foreign.length).toBeGreaterThan(6);
  });

  it('every foreign key has an index that serves it', async () => {
    const { rows: indexes } = await client.query<{ table: string; columns: string[] }>(`
      SELECT t.relname AS table,
             ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place) AS columns
      FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
      JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
      WHERE i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL'`);
    const serves = (key: KeyRow) =>
      indexes.some(
        (index) => index.table === key.table && key.columns.every((column, place) => index.columns[place] === column),
      );
    expect(
      keys
        .filter((key) => key.kind === 'f' && !serves(key))
        .map(({ table, name, columns }) => `${table}.${name} (${columns.join(', ')})`),
    ).toEqual([]);
  });
});
