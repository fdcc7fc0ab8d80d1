// @ts-check
import { Database } from '#database';
import { openEmbedded } from './open.mjs';

/* Queries beside a running transaction in every way there is, and prints what came of it as JSON. */
const dataSource = await openEmbedded(process.argv[2]);
const database = new Database(dataSource);
await database.query('CREATE TABLE things (name text)');
const insert = (/** @type {string} */ name) => database.query('INSERT INTO things VALUES ($1)', [name]);

/** @type {string[]} */
const refusals = [];
const startMs = performance.now();
await database.run(async () => {
  await insert('before');
  for (const alongside of [
    () => dataSource.query('SELECT 1'),
    () => dataSource.manager.query('SELECT 1'),
    () => dataSource.transaction((manager) => manager.query('SELECT 1')),
  ]) {
    await alongside().catch((/** @type {Error} */ error) => refusals.push(error.message));
  }
  await insert('after');
});
const tookMs = performance.now() - startMs;

// Two transactions and a query at once: the one connection serves them one after the other.
const finished = await Promise.all([
  database.run(() => insert('one').then(() => insert('two'))),
  database.run(() => insert('three')),
  insert('four'),
]);
const rows = await database.query('SELECT name FROM things ORDER BY name');
await dataSource.destroy();
console.log(JSON.stringify({ refusals, tookMs, finished: finished.length, names: rows.map(({ name }) => name) }));
