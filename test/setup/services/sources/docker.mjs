// @ts-check
import { NEEDS } from '#test/setup/services/needs.mjs';
import { dockerPlace } from '#test/setup/services/places/docker-place.mjs';

/**
 * Images, where a Docker engine answers: its client alone is often installed without one.
 *
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @returns {import('./source.mjs').Source}
 */
export function docker(machine) {
  return {
    name: 'Docker',
    async look(service) {
      const { image } = NEEDS[service];
      if (machine.find('docker').length === 0) return { refusal: 'docker is not installed' };
      try {
        await machine.run('docker', ['info', '--format', '{{.ServerVersion}}']);
        await pullUnlessPresent(machine, image.name);
      } catch (error) {
        return { refusal: /** @type {Error} */ (error).message };
      }
      return { place: dockerPlace(image) };
    },
  };
}

/**
 * @param {import('#test/setup/services/machine.mjs').Machine} machine
 * @param {string} image
 */
async function pullUnlessPresent(machine, image) {
  try {
    await machine.run('docker', ['image', 'inspect', image]);
  } catch {
    await machine.run('docker', ['pull', '--quiet', image]);
  }
}
