// @ts-check
import { dirname, join } from 'node:path';
import { NEEDS } from '#test/setup/services/needs.mjs';
import { machinePlace } from '#test/setup/services/places/machine-place.mjs';

/**
 * Programs that are installed on the machine, found in its PATH and where package managers put them.
 *
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {import('./source.mjs').Source}
 */
export function installedPrograms(machine) {
  return {
    name: 'programs on this machine',
    async look(service) {
      return service === 'postgres' ? lookForPostgres(machine) : lookForRedis(machine);
    },
  };
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {Promise<import('./source.mjs').Answer>}
 */
async function lookForPostgres(machine) {
  const refusals = [];
  for (const folder of postgresFolders(machine)) {
    const postgres = join(folder, 'postgres');
    const major = majorOf(await machine.run(postgres, ['--version']));
    if (major < NEEDS.postgres.oldest) {
      refusals.push(`${postgres} is version ${major}`);
    } else if (!extensionFolders(folder, major).some((path) => machine.exists(join(path, 'vector.control')))) {
      refusals.push(`${postgres} has no pgvector`);
    } else {
      return { place: machinePlace({ postgres, initdb: join(folder, 'initdb') }, await unprivilegedUser(machine)) };
    }
  }
  return { refusal: refusals.join(', ') || 'there is no postgres' };
}

/** @param {import('#test/setup/services/machine.mjs').Machine} machine */
function postgresFolders(machine) {
  const below = (/** @type {string} */ parent, /** @type {RegExp} */ pattern) =>
    machine
      .list(parent)
      .filter((name) => pattern.test(name))
      .sort((a, b) => Number(/\d+/.exec(b)) - Number(/\d+/.exec(a)))
      .map((name) => join(parent, name, 'bin'));
  const folders = [
    ...machine.find('postgres').map((path) => dirname(machine.realPath(path))),
    ...below('/usr/lib/postgresql', /^\d+$/),
    ...below('/usr', /^pgsql-\d+$/),
    ...below('/opt/homebrew/opt', /^postgresql@\d+$/),
    ...below('/usr/local/opt', /^postgresql@\d+$/),
    '/usr/local/pgsql/bin',
  ];
  return [...new Set(folders)].filter((folder) => machine.exists(join(folder, 'postgres')));
}

/**
 * @param {string} programs
 * @param {number} major
 */
function extensionFolders(programs, major) {
  return [
    join(programs, '../share/extension'),
    join(programs, '../share/postgresql/extension'),
    join(programs, `../share/postgresql@${major}/extension`),
    `/usr/share/postgresql/${major}/extension`,
  ];
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {Promise<import('./source.mjs').Answer>}
 */
async function lookForRedis(machine) {
  const refusals = [];
  for (const path of [...machine.find('valkey-server'), ...machine.find('redis-server')]) {
    const major = majorOf(await machine.run(path, ['--version']));
    if (major >= NEEDS.redis.oldest) {
      return { place: machinePlace({ 'valkey-server': path }, await unprivilegedUser(machine)) };
    }
    refusals.push(`${path} is version ${major}`);
  }
  return { refusal: refusals.join(', ') || 'there is no valkey-server and no redis-server' };
}

/**
 * "postgres (PostgreSQL) 17.5", "Valkey server v=8.1.1 sha=…"
 *
 * @param {string} version
 */
function majorOf(version) {
  return Number(/(?:v=|\s)(\d+)[.\d]*/.exec(version)?.[1] ?? 0);
}

/** @param {import('#test/setup/services/machine.mjs').Machine} machine */
async function unprivilegedUser(machine) {
  if (!machine.isRoot) return undefined;
  const id = async (/** @type {string} */ flag) => Number(await machine.run('id', [flag, 'nobody']));
  return { uid: await id('-u'), gid: await id('-g') };
}
