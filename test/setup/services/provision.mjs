// @ts-check
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
 */
export async function provisionServices(env = process.env) {
  const givenDatabase = env[NEEDS.postgres.variable];
  const givenRedis = env[NEEDS.redis.variable];
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
