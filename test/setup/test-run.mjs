// @ts-check
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureBuilt } from '../../bin/ensure-built.mjs';
import { provisionServices } from './services/provision.mjs';
import { removeAtTheEnd } from './services/reaper.mjs';
import { createDatabase, dropStaleDatabases } from './test-database.mjs';

const execute = promisify(execFile);
const PRODUCT = fileURLToPath(new URL('../../bin/keepsake.mjs', import.meta.url));

/**
 * What all tests of a run share: the built product, the services, a migrated database to copy, and the place of an
 * embedded one.
 *
 * @typedef {object} TestRun
 * @property {{ TEST_DATABASE_URL: string, TEST_REDIS_URL: string, TEST_DATABASE_TEMPLATE: string,
 *   TEST_EMBEDDED_TEMPLATE: string }} env for the tests
 * @property {readonly string[]} origins where the services come from, for people
 * @property {() => Promise<void>} close
 */

/**
 * @param {(databaseUrl: string) => Promise<unknown>} [migrate]
 * @returns {Promise<TestRun>}
 */
export async function openTestRun(migrate = migrateWithProduct) {
  ensureBuilt();
  const services = await provisionServices();
  const serverUrl = services.env.TEST_DATABASE_URL;
  await dropStaleDatabases(serverUrl);
  const template = await createDatabase(serverUrl, { role: 'template' });
  await migrate(template.url);
  const folder = await mkdtemp(join(tmpdir(), 'keepsake-run-'));
  removeAtTheEnd({ kind: 'folder', path: folder });
  return {
    env: {
      ...services.env,
      TEST_DATABASE_TEMPLATE: template.name,
      TEST_EMBEDDED_TEMPLATE: join(folder, 'embedded'),
    },
    origins: services.origins,
    async close() {
      await template.drop();
      await services.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * As an operator would do it.
 *
 * @param {string} databaseUrl
 */
async function migrateWithProduct(databaseUrl) {
  try {
    // Nothing else of the developer's environment may decide what is migrated, nor how.
    const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl };
    await execute(process.execPath, [PRODUCT, 'migrate'], { env, cwd: tmpdir() });
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`the test database could not be migrated:\n${stdout}${stderr}`, { cause: error });
  }
}
