import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BIN = join(import.meta.dirname, '../../bin');
const TIME = String.raw`\d+\.\d s`;
const STEPS = String.raw`  compiled in ${TIME}\n  bundled in ${TIME}\n$`;

/** A product of one source file, whose compiler and bundler are the scripts that they are given. */
describe('what a start says while it builds the product', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepsake-built-'));
    for (const name of ['bin', 'apps']) mkdirSync(join(folder, name));
    for (const name of ['ensure-built.mjs', 'build-lock.mjs']) cpSync(join(BIN, name), join(folder, 'bin', name));
    for (const name of ['package.json', 'package-lock.json', '.swcrc', 'bin/compile.mjs', 'bin/bundle.mjs'])
      writeFileSync(join(folder, name), name.endsWith('.mjs') ? '' : '{}');
    writeFileSync(join(folder, 'apps', 'main.ts'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin', 'ensure-built.mjs')], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  it('the first start names each step with its time, the second says nothing, and a changed source is named', () => {
    expect(start()).toEqual({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^Building:\\n${STEPS}`)),
    });
    expect(start()).toEqual({ status: 0, stdout: '', stderr: '' });
    writeFileSync(join(folder, 'apps', 'main.ts'), 'changed');
    const changed = new RegExp(`^Building, as sources have changed:\\n${STEPS}`);
    expect(start()).toEqual({ status: 0, stdout: '', stderr: expect.stringMatching(changed) });
  });

  it('a build that fails says what to do, and is no build for the next start', () => {
    writeFileSync(join(folder, 'bin', 'bundle.mjs'), 'process.exit(3)');
    const failed = {
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`^Building:\\n  compiled in ${TIME}\\nThe build failed\\. Install the dependencies first`),
      ),
    };
    expect([start(), start()]).toEqual([failed, failed]);
  });
});
