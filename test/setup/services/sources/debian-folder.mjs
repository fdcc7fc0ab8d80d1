// @ts-check
import { join } from 'node:path';
import { NEEDS } from '#test/setup/services/needs.mjs';
import { chrootPlace } from '#test/setup/services/places/chroot-place.mjs';
import { installByApt, refreshAptLists, whyNoApt } from './apt.mjs';

const SUITE = 'trixie';
const PACKAGES = ['postgresql-17', 'postgresql-17-pgvector', 'valkey-server'];

/** Named for what is in it: another recipe makes another folder. */
const VERSION = `${SUITE}-postgresql-17-valkey-1`;

/**
 * By this process, for the line that says where services come from.
 *
 * @type {Set<string>}
 */
const made = new Set();

/**
 * Makes the folder under a lock, so that of several test runs one makes it and the others wait; under another name
 * first, so that a folder under its own name is whole. What a killed run left half done is removed: debootstrap may
 * have mounted /proc and /sys below it.
 */
const MAKE_FOLDER = `
  set -e
  folder=$1; log=$2; shift 2
  [ -d "$folder" ] && exit 0
  part=$folder.part
  for mounted in proc sys; do
    if mountpoint -q "$part/$mounted"; then umount "$part/$mounted"; fi
  done
  rm -rf --one-file-system "$part"
  mkdir "$part"
  if ! debootstrap "$@" >"$log" 2>&1; then
    tail -n 1 "$log" >&2
    exit 1
  fi
  chmod 755 "$part"
  mv "$part" "$folder"
`;

/**
 * A minimal Debian 13 in a folder of the user's cache, for releases whose own packages are too old: it has PostgreSQL
 * 17, pgvector and Valkey. debootstrap makes it, from the mirror that apt is set to use.
 *
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {import('./source.mjs').Source}
 */
export function debianFolder(machine) {
  const cache = join(machine.cacheFolder, 'keepsake-test-services');
  const folder = join(cache, VERSION);
  return {
    name: `a Debian 13 (${SUITE}) folder`,
    async look(service) {
      const unable = whyNoApt(machine);
      if (unable) return { refusal: unable };
      try {
        if (!machine.exists(folder)) {
          await makeFolder(machine, cache, folder);
          made.add(folder);
        }
      } catch (error) {
        return { refusal: /** @type {Error} */ (error).message };
      }
      return { place: chrootPlace(folder, NEEDS[service].debianFolderPrograms, { isNew: made.has(folder) }) };
    },
  };
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @param {string} cache
 * @param {string} folder
 */
async function makeFolder(machine, cache, folder) {
  if (machine.find('debootstrap').length === 0) {
    await refreshAptLists(machine);
    const keyring = machine.exists('/usr/share/keyrings/debian-archive-keyring.gpg') ? [] : ['debian-archive-keyring'];
    await installByApt(machine, ['debootstrap', ...keyring]);
  }
  const mirror = await debianMirror(machine);
  machine.report(
    `Making a Debian folder with PostgreSQL 17 and Valkey for the tests (once, some minutes, about 700 MB): ${folder}`,
  );
  const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, `${folder}.part`];
  await machine.run('mkdir', ['-p', cache]);
  const script = ['sh', '-c', MAKE_FOLDER, 'make-folder', folder, `${folder}.log`, ...options];
  await machine.run('flock', [`${folder}.lock`, ...script, ...(mirror ? [mirror] : [])]);
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {Promise<string | undefined>} undefined where apt uses none of Debian's (on Ubuntu, say): debootstrap then
 *   takes its own default
 */
async function debianMirror(machine) {
  const format = '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)';
  const targets = await machine.run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  return /^Debian Debian main (https?:\S+)$/m.exec(targets)?.[1];
}
