// @ts-check
import { reach } from '#test/chaos/pause-points.mjs';
import { Truth, writeRows } from '#test/chaos/truth.mjs';
import { BEHAVIOURS, behaviourOf, INVALIDATION_BOUND_MS, LOAD_TIMEOUT_MS } from './subject.mjs';

/** The product as it is built, by the paths of its parts: nothing here is compiled for the test. */
const BUILT = new URL('../../../dist/libs/', import.meta.url);
const { CacheEngine, defineFamily, defineTag } = await import(new URL('cache/src/index.js', BUILT).href);
const { PostgresInvalidationOutbox } = await import(
  new URL('cache/src/outbox/postgres-invalidation-outbox.js', BUILT).href
);
const { PgNotifyChannel } = await import(new URL('cache/src/outbox/pg-notify-channel.js', BUILT).href);
const { Database, KeepsakeDataSource } = await import(new URL('database/src/index.js', BUILT).href);
const { SystemClock } = await import(new URL('kernel/src/index.js', BUILT).href);

/** @typedef {{ workspace: string, id: string }} Params */

const WORKSPACE = 'chaos';

const thing = defineTag('thing', (/** @type {Params} */ { id }) => id);
const schedule = defineTag('schedule', (/** @type {Params} */ { id }) => id.replace(/k\d+$/, ''));

/** @type {Readonly<Record<string, any>>} */
const FAMILIES = Object.fromEntries(
  BEHAVIOURS.map(({ name, ttlMs, staleMs, softTtlMs }) => [
    name,
    defineFamily({
      name,
      schemaVersion: 1,
      scope: 'workspace',
      mutable: true,
      key: (/** @type {Params} */ { id }) => id,
      tags: (/** @type {Params} */ params) => [thing(params), schedule(params)],
      ttlMs,
      staleMs,
      ...(softTtlMs === undefined ? {} : { earlyRefresh: { softTtlMs } }),
      loadTimeoutMs: LOAD_TIMEOUT_MS,
    }),
  ]),
);

/**
 * The engine on the product's own database layer: transactions, hooks after the commit, and the outbox in PostgreSQL.
 *
 * @type {import('./subject.mjs').StartSubject}
 */
export async function start({ redisUrl, databaseUrl }) {
  const truth = new Truth(databaseUrl);
  const dataSource = await new KeepsakeDataSource({
    type: 'postgres',
    url: databaseUrl,
    installExtensions: false,
  }).initialize();
  const database = new Database(dataSource);
  const outbox = new PostgresInvalidationOutbox(database, 'relay', new PgNotifyChannel(databaseUrl));
  const engine = new CacheEngine(
    { redisUrl, invalidation: { invalidationBoundMs: INVALIDATION_BOUND_MS } },
    { clock: new SystemClock(), outbox },
  );
  const { cache } = engine;
  cache.register(...Object.values(FAMILIES));
  await engine.start();

  const familyOf = (/** @type {string} */ key) => FAMILIES[behaviourOf(key).name];
  const paramsOf = (/** @type {string} */ key) => ({ workspace: WORKSPACE, id: key });
  const read = (/** @type {string} */ key) => cache.getOrSet(familyOf(key), paramsOf(key), () => truth.load(key));
  return {
    read,
    async readMany(keys) {
      const byFamily = groupBy(keys, familyOf);
      const rows = new Map();
      await Promise.all(
        [...byFamily].map(async ([family, ofFamily]) => {
          const loadMany = (/** @type {Params[]} */ missing) => truth.loadMany(missing.map(({ id }) => id));
          const values = await cache.getMany(family, ofFamily.map(paramsOf), loadMany);
          ofFamily.forEach((key, index) => rows.set(key, values[index]));
        }),
      );
      return keys.map((key) => rows.get(key));
    },
    async write(keys) {
      const unconfirmedBefore = engine.invalidationCounts.unconfirmed;
      const rows = await database.run(async () => {
        await database.afterCommit(() => reach('after-commit'));
        const written = await writeRows(
          async (sql, parameters) => ({ rows: await database.query(sql, parameters) }),
          keys,
        );
        // Several things of one schedule fall by the one tag that they share.
        await cache.invalidate(
          keys.length > 1 ? [schedule(paramsOf(String(keys[0])))] : keys.map((key) => thing(paramsOf(key))),
        );
        await reach('before-commit');
        return written;
      });
      return { rows, isConfirmed: engine.invalidationCounts.unconfirmed === unconfirmedBefore };
    },
    clear: () => cache.clear(),
    async problem() {
      const health = engine.health();
      return health.status === 'up' ? undefined : JSON.stringify(health);
    },
    async isSettled() {
      const rows = await database.query('SELECT 1 FROM cache_invalidations LIMIT 1');
      return rows.length === 0 && !engine.health().bypassing;
    },
    async stop() {
      await engine.stop();
      await dataSource.destroy();
      await truth.close();
    },
  };
}

/**
 * @template K, T
 * @param {readonly T[]} all
 * @param {(one: T) => K} keyOf
 * @returns {Map<K, T[]>}
 */
function groupBy(all, keyOf) {
  const groups = new Map();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}
