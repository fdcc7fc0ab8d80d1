import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

describe('npm pack', () => {
  it('takes the program, and neither sources nor tests', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['bin/keepsake.mjs', 'package.json', 'README.md', 'LICENSE']));
    expect(
      paths.filter((path) => /^(apps|libs|dist\/(apps|libs)|test|\.ci)\/|\.spec\.|\.ts$|\.map$/.test(path)),
    ).toEqual([]);
  }, 60_000);
});
