// @ts-check

/**
 * A service that the tests need, and what each source has to know to provide it.
 *
 * @typedef {object} Need
 * @property {string} title
 * @property {number} oldest major version that will do
 * @property {string} variable that names a server to use instead of a private one
 * @property {string} example of that variable's value
 * @property {string} advice what to install where nothing works
 * @property {import('./places/docker-place.mjs').Image} image
 * @property {Readonly<Record<string, string>>} debianFolderPrograms the programs in the Debian folder, by their name
 * @property {RegExp} aptPackage a distribution's package that brings the service; the first group is its version
 * @property {(aptPackage: string) => string[]} aptPackages all that are installed for it
 */

/** @satisfies {Record<string, Need>} */
export const NEEDS = {
  postgres: {
    title: 'PostgreSQL 17 or newer with pgvector',
    oldest: 17,
    variable: 'TEST_DATABASE_URL',
    example: 'postgres://user:password@127.0.0.1:5432/postgres (a role that may create databases)',
    advice: 'PostgreSQL 17+ and its pgvector package (postgresql-17-pgvector, `brew install postgresql@17 pgvector`)',
    image: { name: 'pgvector/pgvector:pg17', dataFolder: '/var/lib/postgresql/data', user: 'postgres' },
    debianFolderPrograms: {
      postgres: '/usr/lib/postgresql/17/bin/postgres',
      initdb: '/usr/lib/postgresql/17/bin/initdb',
    },
    aptPackage: /^postgresql-(1[7-9]|[2-9]\d)-pgvector$/,
    aptPackages: (pgvector) => [pgvector.replace('-pgvector', ''), pgvector],
  },
  redis: {
    title: 'Valkey or Redis, 7 or newer',
    oldest: 7,
    variable: 'TEST_REDIS_URL',
    example: 'redis://127.0.0.1:6379',
    advice: 'valkey-server or redis-server (`brew install valkey`)',
    image: { name: 'valkey/valkey:8', dataFolder: '/data', user: 'valkey' },
    debianFolderPrograms: { 'valkey-server': '/usr/bin/valkey-server' },
    aptPackage: /^valkey-server$/,
    aptPackages: (server) => [server],
  },
};
