// @ts-check
import { NEEDS } from './needs.mjs';
import { ignoresMachine, thisMachine } from './machine.mjs';
import { aptPackages } from './sources/apt.mjs';
import { debianFolder } from './sources/debian-folder.mjs';
import { docker } from './sources/docker.mjs';
import { installedPrograms } from './sources/installed-programs.mjs';

/** Says what would make a missing service available. */
export class MissingServiceError extends Error {
  /**
   * @param {'postgres' | 'redis'} service
   * @param {readonly string[]} refusals
   * @param {{ isRoot: boolean, ignoresMachine: boolean }} circumstances
   */
  constructor(service, refusals, { isRoot, ignoresMachine: ignores }) {
    const { title, variable, example, advice } = NEEDS[service];
    super(
      [
        `The tests need ${title}, and none could be had from:`,
        ...refusals.map((refusal) => `  - ${refusal}`),
        'One of these helps:',
        `  - ${variable}=${example}`,
        `  - install ${advice}${ignores ? ', and unset TEST_IGNORE_MACHINE' : ''}`,
        '  - start a Docker engine that this user may use',
        isRoot
          ? '  - on Debian or Ubuntu: make the mirror of apt reachable, and run the tests again'
          : '  - on Debian or Ubuntu: run the tests as root once, which installs what is missing',
        '`npm run test:unit` needs none of this.',
      ].join('\n'),
    );
    this.name = 'MissingServiceError';
    // Jest prints the stack: where in the set-up this was found out helps nobody.
    this.stack = this.message;
  }
}

/**
 * The ways to come by a service, in the order in which they are tried: what is there first, what changes the machine
 * last. With `TEST_IGNORE_MACHINE=true` nothing that is or could be installed on the machine counts, as on a fresh one.
 *
 * @param {import('./machine.mjs').Machine} [machine]
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {import('./sources/source.mjs').Source[]}
 */
export function sourcesOn(machine = thisMachine(), env = process.env) {
  const [images, folder] = [docker(machine), debianFolder(machine)];
  if (ignoresMachine(env)) return [images, folder];
  const installed = installedPrograms(machine);
  return [installed, images, aptPackages(machine, installed), folder];
}

/**
 * @param {'postgres' | 'redis'} service
 * @param {readonly import('./sources/source.mjs').Source[]} [sources]
 * @param {{ isRoot: boolean, ignoresMachine: boolean }} [circumstances]
 * @returns {Promise<import('./places/place.mjs').Place>} of the first source that has it
 * @throws {MissingServiceError}
 */
export async function choosePlace(
  service,
  sources = sourcesOn(),
  circumstances = { isRoot: thisMachine().isRoot, ignoresMachine: ignoresMachine(process.env) },
) {
  const refusals = [];
  for (const source of sources) {
    const answer = await source.look(service);
    if ('place' in answer) return answer.place;
    refusals.push(`${source.name}: ${answer.refusal}`);
  }
  throw new MissingServiceError(service, refusals, circumstances);
}
