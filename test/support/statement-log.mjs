// @ts-check
/*
 * Loaded into a server before anything else (`node --import`): writes every statement that it sends to its database,
 * whichever that is, into the file TEST_STATEMENT_LOG, a line of JSON each: [request id or null, statement].
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync } from 'node:fs';
import { Server } from 'node:http';
import pg from 'pg';

const file = process.env['TEST_STATEMENT_LOG'] ?? '';
/** The request on whose behalf something is done, by the id that its client gave it. */
const request = new AsyncLocalStorage();

const emit = /** @type {Function} */ (Reflect.get(Server.prototype, 'emit'));
Server.prototype.emit = /** @type {any} */ (
  /** @this {Server} */
  function emitted(/** @type {any[]} */ ...given) {
    const [event, message] = given;
    const go = () => Reflect.apply(emit, this, given);
    return event === 'request' ? request.run(message.headers['x-request-id'] ?? null, go) : go();
  }
);

const client = pg.Client.prototype;
const query = /** @type {Function} */ (Reflect.get(client, 'query'));
client.query = /** @type {any} */ (
  /** @this {pg.Client} */
  function logged(/** @type {any[]} */ ...given) {
    const [statement] = given;
    appendFileSync(file, `${JSON.stringify([request.getStore() ?? null, statement?.text ?? statement])}\n`);
    return Reflect.apply(query, this, given);
  }
);
