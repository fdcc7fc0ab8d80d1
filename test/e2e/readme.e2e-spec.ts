import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

describe('the first session of the README, on the embedded database', () => {
  let server: Keepsake;
  let folder: string;

  beforeAll(async () => {
    server = await startKeepsake();
    folder = await mkdtemp(join(tmpdir(), 'keepsake-readme-'));
    for (const name of ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs'])
      await cp(join(root, name), join(folder, name), { recursive: true });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs as it stands and wakes up with the handover', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const program = /<!-- run: remember\.mjs -->\s*```js\n([\s\S]*?)```/.exec(readme)?.[1];
    if (program === undefined) throw new Error('the README has no program marked <!-- run: remember.mjs -->');
    await writeFile(join(folder, 'remember.mjs'), program);

    const { stdout } = await run(process.execPath, ['remember.mjs'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], KEEPSAKE_URL: server.url, KEEPSAKE_KEY: server.key },
    });

    expect(stdout).toContain('stored ARCHITECTURE.md as version 1');
    expect(stdout).toMatch(/how do I run the tests\? -> CONTRIBUTING\.md/);
    expect(stdout).toMatch(/which library may import which\? -> ARCHITECTURE\.md/);
    // Both say why.
    expect(stdout).toMatch(/embedded database run one session\? -> (docs\/adr\/0002|ARCHITECTURE)/);
    expect(stdout).toContain('handed over: Know my way around.');
    expect(stdout).toContain('rules/commits');
    expect(stdout).toContain('open todos: Write a second feature.');
  }, 120_000);
});
