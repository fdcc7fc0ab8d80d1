// @ts-check
import { Logger } from '@nestjs/common';
import { Database } from '#database';
import { openEmbedded } from './open.mjs';

// Named by a URL: the build output need not be there when types are checked.
const file = new URL('../../../dist/libs/database/src/embedded/embedded-maintenance.js', import.meta.url);
const { EmbeddedMaintenance } = await import(file.href);

/* Fills a table, empties most of it, and prints what the maintenance makes of it as JSON. */
const dataSource = await openEmbedded(process.argv[2]);
const database = new Database(dataSource);
const maintenance = new EmbeddedMaintenance(database);

async function look() {
  await database.query('SELECT pg_stat_force_next_flush()');
  const [row] = await database.query(`
    SELECT n_dead_tup::int AS dead, (SELECT reltuples::int FROM pg_class WHERE relname = 'upkept') AS known,
      (SELECT count(*)::int FROM pg_stats WHERE tablename = 'upkept') AS columns
    FROM pg_stat_user_tables WHERE relname = 'upkept'`);
  return row;
}

await database.query('CREATE TABLE upkept (id int, name text)');
await database.query("INSERT INTO upkept SELECT n, 'name ' || n FROM generate_series(1, 5000) AS n");
const filled = await look();
await maintenance.run();
const analysed = await look();
await database.query('DELETE FROM upkept WHERE id > 1000');
const emptied = await look();
await maintenance.run();
const vacuumed = await look();

// What can't be done is reported in the log and stops nobody.
/** @type {string[]} */
const warnings = [];
Logger.overrideLogger({ log() {}, error() {}, warn: (message) => warnings.push(message) });
await dataSource.destroy();
await maintenance.run();
console.log(JSON.stringify({ filled, analysed, emptied, vacuumed, warnings }));
