// @ts-check
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/**
 * Names say when a database was made: one that a killed run left behind on somebody's own server is recognised and
 * dropped by a later run.
 */
const PREFIX = 'keepsake_test_';
const STALE_AFTER_MS = 6 * 60 * 60 * 1_000;

/**
 * @param {string} role what the database is for
 * @returns {string} a name that no other database has
 */
function newName(role) {
  return `${PREFIX}${Date.now()}_${role}_${randomBytes(4).toString('hex')}`;
}

/**
 * @typedef {object} TestDatabase
 * @property {string} name
 * @property {string} url
 * @property {() => Promise<void>} drop ends the connections to it as well
 */

/**
 * @param {string} serverUrl of any database there; its role may create databases
 * @param {{ role?: string, template?: string }} [options] `template`: the database to copy, to which nobody may be
 *   connected meanwhile
 * @returns {Promise<TestDatabase>}
 */
export async function createDatabase(serverUrl, { role = 'file', template } = {}) {
  const name = newName(role);
  await onServer(serverUrl, async (client) => {
    await client.query(`CREATE DATABASE "${name}"${template ? ` TEMPLATE "${template}"` : ''}`);
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: () => onServer(serverUrl, (client) => dropDatabase(client, name)),
  };
}

/**
 * Drops what earlier runs left on the server.
 *
 * @param {string} serverUrl
 */
export async function dropStaleDatabases(serverUrl) {
  await onServer(serverUrl, async (client) => {
    const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [PREFIX]);
    for (const { datname } of rows) {
      const madeAt = Number(datname.slice(PREFIX.length).split('_')[0]);
      if (Date.now() - madeAt > STALE_AFTER_MS) await dropDatabase(client, datname);
    }
  });
}

/**
 * @param {Client} client
 * @param {string} name
 */
async function dropDatabase(client, name) {
  await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

/**
 * @param {string} serverUrl
 * @param {(client: Client) => Promise<void>} work
 */
async function onServer(serverUrl, work) {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
