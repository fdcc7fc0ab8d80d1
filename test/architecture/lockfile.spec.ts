import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minVersion, satisfies } from 'semver';

const ROOT = join(import.meta.dirname, '../..');

interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
  readonly hasInstallScript?: boolean;
  readonly deprecated?: string;
}

const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> };
const installed = Object.entries(packages).filter(([path]) => path !== '');

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

/** As Node finds a package: in the folder of whoever asks, then in each one above. */
function isLocked(name: string, asker: string): boolean {
  for (let folder = asker; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules') - 1))) {
    if (Object.hasOwn(packages, `${folder === '' ? '' : `${folder}/`}node_modules/${name}`)) return true;
    if (folder === '') return false;
  }
}

/** Whoever installs is to see no warning: npm says which of these it would be. */
describe('the lockfile', () => {
  it('has every package of every platform, without which `npm ci` refuses it', () => {
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(name, path))
        .map((name) => `${name}, which ${path} asks for`),
    );
    expect(missing).toEqual([]);
  });

  it('has nothing that one npm writes and another takes out, nor the address of a registry', () => {
    const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
    expect(text).not.toMatch(/"libc":|"resolved":/);
  });

  it('has no package that refuses the oldest Node of `engines`', () => {
    const { engines } = read('package.json') as { engines: { node: string } };
    const oldest = String(minVersion(engines.node));
    const refusing = installed
      .filter(([, { engines: { node = '*' } = {} }]) => !satisfies(oldest, node))
      .map(([path, { version }]) => `${path} ${version}`);
    expect(refusing).toEqual([]);
  });

  it('has no install script without an answer in `allowScripts`, nor a deprecated package', () => {
    const { allowScripts } = read('package.json') as { allowScripts: Readonly<Record<string, boolean>> };
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    expect(scripts.filter((name) => !Object.hasOwn(allowScripts, name))).toEqual([]);
    expect(Object.keys(allowScripts).filter((name) => !scripts.includes(name))).toEqual([]);
    expect(installed.filter(([, { deprecated }]) => deprecated !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('has an empty package in the place of the one that reports installations to others', () => {
    const [telemetry, ...others] = installed.filter(([path]) => nameOf(path) === '@scarf/scarf');
    expect(telemetry?.[1]).toMatchObject({ name: 'empty-npm-package' });
    expect(others).toEqual([]);
  });
});

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
