// @ts-check
/*
 * node stored-texts.mjs <URL of a database, or folder of an embedded one>, with texts as a JSON array on standard input:
 * prints where the database holds each of them, whatever the letter case, as JSON: [{ text, place: "table.column" }].
 * Every column of every table is looked at, as text; bytes also as the bytes of the text.
 */
import { json } from 'node:stream/consumers';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector } from '@electric-sql/pglite-pgvector';
import pg from 'pg';

const COLUMNS = `
  SELECT c.table_schema AS schema, c.table_name AS "table", c.column_name AS "column", c.udt_name AS type
  FROM information_schema.columns AS c
  JOIN information_schema.tables AS t USING (table_schema, table_name)
  WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')`;

const [place = ''] = process.argv.slice(2);
const texts = /** @type {string[]} */ (await json(process.stdin));
const wanted = texts.map((text) => ({
  text,
  forms: [text.toLowerCase(), JSON.stringify(text).slice(1, -1).toLowerCase()],
  hex: Buffer.from(text).toString('hex'),
}));

const database = await open(place);
const found = [];
let count = 0;
for (const { schema, table, column, type } of await database.query(COLUMNS)) {
  count++;
  const rows = await database.query(
    `SELECT DISTINCT ${quoted(column)}::text AS value FROM ${quoted(schema)}.${quoted(table)}`,
  );
  const all = rows
    .map(({ value }) => String(value ?? ''))
    .join('\n')
    .toLowerCase();
  for (const { text, forms, hex } of wanted)
    if (forms.some((form) => all.includes(form)) || (type === 'bytea' && all.includes(hex)))
      found.push({ text, place: `${table}.${column}` });
}
await database.close();
if (count < 50) throw new Error(`The database has ${count} columns: that is not all of it.`);
process.stdout.write(JSON.stringify(found));

/** @param {string} where */
async function open(where) {
  if (where.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: where });
    await client.connect();
    return {
      query: async (/** @type {string} */ sql) => (await client.query(sql)).rows,
      close: () => client.end(),
    };
  }
  const embedded = await PGlite.create({ dataDir: where, extensions: { vector, pg_trgm, btree_gin } });
  return {
    query: async (/** @type {string} */ sql) => (await embedded.query(sql)).rows,
    close: () => embedded.close(),
  };
}

/** @param {string} name */
function quoted(name) {
  return `"${name.replaceAll('"', '""')}"`;
}
