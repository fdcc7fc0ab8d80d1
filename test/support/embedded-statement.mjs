// @ts-check
/* node embedded-statement.mjs <folder> <statement> <parameters as JSON>: prints how many rows it changed. */
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector } from '@electric-sql/pglite-pgvector';

const [dataDir, statement = '', parameters = '[]'] = process.argv.slice(2);
const database = await PGlite.create({ dataDir, extensions: { vector, pg_trgm, btree_gin } });
const { affectedRows } = await database.query(statement, JSON.parse(parameters));
await database.close();
process.stdout.write(String(affectedRows ?? 0));
