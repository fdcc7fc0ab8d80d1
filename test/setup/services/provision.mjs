// @ts-check
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { NEEDS } from './needs.mjs';
import { startPostgres } from './postgres.mjs';
import { startRedis } from './redis.mjs';

/**
 * @typedef {object} Services of one test run
 * @property {{ TEST_DATABASE_URL: string, TEST_REDIS_URL: string }} env
 * @property {readonly string[]} origins one line for each, for people
 * @property {() => Promise<void>} remove ends those that were started here
 */

/**
 * Provides PostgreSQL and Redis: those that `TEST_DATABASE_URL` and `TEST_REDIS_URL` name, else private instances.
 * One after the other, as both may have to install packages.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Services>} serving
 * @throws {import('./choose-place.mjs').MissingServiceError} where one is to be had from nowhere
 * @throws {Error} where a named one cannot be reached or is too old
 */
export async function provisionServices(env = process.env) {
  const givenDatabase = env[NEEDS.postgres.variable];
  const givenRedis = env[NEEDS.redis.variable];
  if (givenDatabase) await requireUsable('postgres', () => whyNotThisPostgres(givenDatabase));
  if (givenRedis) await requireUsable('redis', () => whyNotThisRedis(givenRedis));
  const postgres = givenDatabase ? undefined : await startPostgres();
  const redis = givenRedis ? undefined : await startRedis();
  return {
    env: {
      TEST_DATABASE_URL: postgres?.url ?? String(givenDatabase),
      TEST_REDIS_URL: redis?.url ?? String(givenRedis),
    },
    origins: [
      `PostgreSQL from ${postgres?.site.place.name ?? NEEDS.postgres.variable}`,
      `Redis from ${redis?.site.place.name ?? NEEDS.redis.variable}`,
    ],
    async remove() {
      await Promise.all([postgres?.remove(), redis?.remove()]);
    },
  };
}

/**
 * @param {'postgres' | 'redis'} service
 * @param {() => Promise<string | undefined>} objection to the named server; throws where it cannot be asked
 */
async function requireUsable(service, objection) {
  const { variable, title } = NEEDS[service];
  const reason = await objection().catch((error) => /** @type {Error} */ (error).message || String(error));
  if (reason) throw new Error(`The tests need ${title}; the one that ${variable} names cannot be used: ${reason}`);
}

/** @param {string} url */
async function whyNotThisPostgres(url) {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(`
      SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_version') AS version,
        EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS "hasVector",
        (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user) AS "mayCreateDatabases"`);
    const { major, version, hasVector, mayCreateDatabases } = rows[0];
    if (major < NEEDS.postgres.oldest) return `it is PostgreSQL ${version}`;
    if (!hasVector) return 'it has no pgvector';
    return mayCreateDatabases ? undefined : 'its role may not create databases';
  } finally {
    await client.end();
  }
}

/** @param {string} url */
async function whyNotThisRedis(url) {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, disconnectTimeout: 50 });
  // What went wrong is in the event; the rejection says only that the connection is closed.
  /** @type {Error | undefined} */
  let cause;
  client.on('error', (error) => (cause = error));
  try {
    await client.connect();
    const version = /redis_version:([\d.]+)/.exec(await client.info('server'))?.[1] ?? 'of no version';
    return Number.parseInt(version, 10) >= NEEDS.redis.oldest ? undefined : `it is Redis ${version}`;
  } catch (error) {
    throw cause ?? error;
  } finally {
    client.disconnect();
  }
}
