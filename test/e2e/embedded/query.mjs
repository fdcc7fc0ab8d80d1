// @ts-check
import { text } from 'node:stream/consumers';
import { openEmbedded } from './open.mjs';

/* Runs the statement on standard input on the embedded database of a data folder, and prints its rows as JSON. */
const dataSource = await openEmbedded(process.argv[2]);
const rows = await dataSource.query(await text(process.stdin));
await dataSource.destroy();
console.log(JSON.stringify(rows));
