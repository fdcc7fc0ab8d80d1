// @ts-check
import { rm, writeFile } from 'node:fs/promises';
import { NEEDS } from '#test/setup/services/needs.mjs';

const QUIET = { DEBIAN_FRONTEND: 'noninteractive' };
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/**
 * Packages of the distribution, installed where it has them in a version that will do.
 *
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @param {import('./source.mjs').Source} installed finds what was installed
 * @returns {import('./source.mjs').Source}
 */
export function aptPackages(machine, installed) {
  return {
    name: "the distribution's packages",
    async look(service) {
      const unable = whyNoApt(machine);
      if (unable) return { refusal: unable };
      const { aptPackage, aptPackages: all } = NEEDS[service];
      try {
        await refreshAptLists(machine);
        const newest = (await machine.run('apt-cache', ['pkgnames']))
          .split('\n')
          .filter((name) => aptPackage.test(name))
          .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
          .at(-1);
        if (!newest) return { refusal: `the distribution has no package like ${aptPackage.source}` };
        await withoutStartingServices(machine, () => installByApt(machine, all(newest)));
      } catch (error) {
        return { refusal: /** @type {Error} */ (error).message };
      }
      return installed.look(service);
    },
  };
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {string | undefined} undefined: packages can be installed
 */
export function whyNoApt(machine) {
  if (machine.find('apt-get').length === 0) return 'this is not Debian or Ubuntu';
  return machine.isRoot ? undefined : 'installing needs root';
}

/** @type {Promise<string> | undefined} */
let refreshed;

/**
 * A fresh image has no package lists, an old one outdated ones. Done once in a process.
 *
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 */
export async function refreshAptLists(machine) {
  refreshed ??= machine.run('apt-get', ['update', '--quiet'], { env: QUIET });
  await refreshed;
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @param {readonly string[]} packages
 */
export async function installByApt(machine, packages) {
  machine.report(`Installing ${packages.join(', ')} with apt (once, some minutes)`);
  const args = ['install', '--yes', '--quiet', '--no-install-recommends', ...packages];
  await machine.run('apt-get', args, { env: QUIET });
}

/**
 * Debian's packages start their servers on the usual ports as they are installed. The tests want the programs alone,
 * so the administrator's policy for that (invoke-rc.d(8)), where there is none, says no meanwhile.
 *
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @param {() => Promise<void>} work
 */
async function withoutStartingServices(machine, work) {
  if (machine.exists(SERVICE_POLICY)) return work();
  await writeFile(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    await rm(SERVICE_POLICY, { force: true });
  }
}
