import { type Finding, misconfigured, ok } from './finding.js';

/** As `engines` in package.json says. */
const OLDEST: readonly [major: number, minor: number] = [20, 19];

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (isOld) return misconfigured('node', `Node ${version} is too old: install ${OLDEST.join('.')} or newer.`);
  return ok('node', `Node ${version}`);
}
