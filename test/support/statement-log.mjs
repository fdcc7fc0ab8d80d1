// @ts-check
/*
 * Loaded into a server before anything else (`node --import`): writes every statement that it sends to its database,
 * whichever that is, into the file TEST_STATEMENT_LOG, a line of JSON each: [request id or null, statement].
 */
import { appendFileSync } from 'node:fs';
import pg from 'pg';

const file = process.env['TEST_STATEMENT_LOG'] ?? '';
/** @type {typeof import('#observability') | undefined} */
let observability;

const { query } = pg.Client.prototype;
pg.Client.prototype.query = /** @type {any} */ (
  /** @this {pg.Client} */
  function logged(/** @type {any[]} */ ...given) {
    const [statement] = given;
    const requestId = observability?.findRequestContext()?.requestId ?? null;
    appendFileSync(file, `${JSON.stringify([requestId, statement?.text ?? statement])}\n`);
    return Reflect.apply(query, this, given);
  }
);

// The product is built when the server runs, not before.
process.nextTick(function look() {
  import('#observability').then(
    (module) => (observability = module),
    () => setTimeout(look, 100).unref(),
  );
});
