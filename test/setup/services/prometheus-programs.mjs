// @ts-check
import { join } from 'node:path';
import { ignoresMachine, thisMachine } from './machine.mjs';
import { refreshAptLists, whyNoApt } from './sources/apt.mjs';

/**
 * Where the programs of Prometheus lie.
 *
 * @typedef {object} PrometheusPrograms
 * @property {string} prometheus
 * @property {string} promtool
 */

const PROGRAMS = /** @type {const} */ (['prometheus', 'promtool']);
const VARIABLE = 'TEST_PROMETHEUS_DIR';

/**
 * Unpacks the distribution's package, without installing it: under a lock, and under another name first, so that a
 * folder under its own name is whole.
 */
const UNPACK = `
  set -e
  folder=$1
  [ -d "$folder" ] && exit 0
  rm -rf "$folder.part"
  mkdir -p "$folder.part/packages/partial"
  cd "$folder.part/packages"
  apt-get download --quiet -o APT::Sandbox::User=root prometheus
  dpkg -x prometheus_*.deb ..
  cd ../..
  rm -rf "$folder.part/packages"
  mv "$folder.part" "$folder"
`;

/**
 * Those in the folder that the variable names, else those in the PATH (unless the machine is to be ignored), else those of Debian's or Ubuntu's package,
 * unpacked into a folder of the user's cache: once, in some seconds.
 *
 * @param {import('./machine.mjs').Machine} [machine]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<PrometheusPrograms>}
 * @throws {Error} where they are to be had from nowhere, with what helps
 */
export async function findPrometheus(machine = thisMachine(), env = process.env) {
  const named = env[VARIABLE];
  if (named) {
    const found = programsIn(machine, named);
    if (found) return found;
    throw missing(`${VARIABLE} names ${named}, which has not both of ${PROGRAMS.join(' and ')}`);
  }
  const [prometheus, promtool] = ignoresMachine(env) ? [] : PROGRAMS.map((program) => machine.find(program)[0]);
  if (prometheus !== undefined && promtool !== undefined) return { prometheus, promtool };
  const folder = join(machine.cacheFolder, 'keepsake-test-services', 'prometheus-of-the-distribution');
  const problem = machine.exists(folder) ? undefined : await unpack(machine, folder);
  const found = programsIn(machine, join(folder, 'usr/bin'));
  if (found) return found;
  throw missing(problem ?? `${folder} has not both of them: remove it`);
}

/**
 * @param {import('./machine.mjs').Machine} machine
 * @param {string} folder
 * @returns {Promise<string | undefined>} why it could not be
 */
async function unpack(machine, folder) {
  if (machine.find('apt-get').length === 0) return 'they are not in the PATH, and this is not Debian or Ubuntu';
  try {
    await machine.run('mkdir', ['-p', join(folder, '..')]);
    const attempt = () => machine.run('flock', [`${folder}.lock`, 'sh', '-c', UNPACK, 'unpack', folder]);
    try {
      await attempt();
    } catch (error) {
      // A fresh image has no lists of packages; only root may fetch them.
      if (whyNoApt(machine)) throw error;
      await refreshAptLists(machine);
      await attempt();
    }
    return undefined;
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/**
 * @param {import('./machine.mjs').Machine} machine
 * @param {string} folder
 * @returns {PrometheusPrograms | undefined}
 */
function programsIn(machine, folder) {
  const [prometheus, promtool] = [join(folder, 'prometheus'), join(folder, 'promtool')];
  return machine.exists(prometheus) && machine.exists(promtool) ? { prometheus, promtool } : undefined;
}

/** @param {string} reason */
function missing(reason) {
  return new Error(
    [
      `The tests need prometheus and promtool, 2.42 or newer: ${reason}`,
      'One of these helps:',
      '  - install them (`apt-get install prometheus`, `brew install prometheus`)',
      `  - ${VARIABLE}=/folder/of/a/release (https://prometheus.io/download)`,
      '  - on Debian or Ubuntu: run the tests as root once, which unpacks the package',
    ].join('\n'),
  );
}
