import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const DEPCRUISE = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** A little workspace in which every import is allowed. */
const ALLOWED = {
  'libs/kernel/src/index.ts': `import { Module } from '@nestjs/common'; import { randomBytes } from 'node:crypto'; export const kernel = [Module, randomBytes];`,
  'libs/database/src/index.ts': `import { kernel } from '#kernel'; import { DataSource } from 'typeorm'; export const database = [kernel, DataSource];`,
  'libs/session/src/index.ts': `export { session } from './session.service.js';`,
  'libs/session/src/session.service.ts': `import { database } from '#database'; export const session = database;`,
  'libs/session/src/testing/index.ts': `import { session } from '#session'; export const fake = session;`,
  'libs/session/src/session.service.spec.ts': `import { fake } from '#session/testing'; export const tested = fake;`,
  'libs/context/src/index.ts': `import { session } from '#session'; export const context = session;`,
  'libs/context/src/persistence/typeorm-context.repository.ts': `import { DataSource } from 'typeorm'; export const repository = DataSource;`,
  'apps/api/src/main.ts': `import { context } from '#context'; export const api = context;`,
  'apps/cli/src/main.ts': `import { api } from '../../api/src/main.js'; export const cli = api;`,
};

/** What is added to it, and the rules that refuse it. */
const REFUSED: [what: string, files: Record<string, string>, rules: string[]][] = [
  [
    'a feature that imports against the direction of the graph',
    { 'libs/session/src/session.reader.ts': `import { context } from '#context'; export const reader = context;` },
    ['session-imports-only-what-it-may'],
  ],
  [
    'a platform lib that knows a feature',
    { 'libs/database/src/schema.ts': `import { session } from '#session'; export const schema = session;` },
    ['database-imports-only-what-it-may'],
  ],
  [
    'a lib that imports an app',
    { 'libs/context/src/start.ts': `import { api } from '../../../apps/api/src/main.js'; export const start = api;` },
    ['context-imports-only-what-it-may'],
  ],
  [
    'an app that imports another',
    { 'apps/api/src/other.ts': `import { cli } from '../../cli/src/main.js'; export const other = cli;` },
    ['app-api-imports-only-what-it-may'],
  ],
  [
    'a lib that nobody has placed',
    { 'libs/novelty/src/index.ts': `import { kernel } from '#kernel'; export const novelty = kernel;` },
    ['every-lib-has-its-place'],
  ],
  [
    'an import past the index of a lib',
    {
      'libs/context/src/deep.ts': `import { session } from '../../session/src/session.service.js'; export const deep = session;`,
    },
    ['a-lib-is-entered-by-its-index'],
  ],
  [
    'a kernel that imports a package',
    { 'libs/kernel/src/check.ts': `import { z } from 'zod'; export const check = z;` },
    ['the-kernel-imports-nothing'],
  ],
  [
    'a controller that reaches for rows',
    {
      'libs/context/src/http/context.controller.ts': `import { repository } from '../persistence/typeorm-context.repository.js'; export const controller = repository;`,
    },
    ['http-does-not-reach-persistence'],
  ],
  [
    'a domain file that knows the database library',
    { 'libs/context/src/context.ts': `import { DataSource } from 'typeorm'; export const domain = DataSource;` },
    ['technology-stays-in-adapters'],
  ],
  [
    'a service of the platform that knows Redis',
    { 'libs/database/src/lock.service.ts': `import { Redis } from 'ioredis'; export const lock = Redis;` },
    ['services-know-no-technology'],
  ],
  [
    'a type of the database library in a service',
    {
      'libs/context/src/context.service.ts': `import type { DataSource } from 'typeorm'; export type Source = DataSource;`,
    },
    ['services-know-no-technology', 'technology-stays-in-adapters'],
  ],
  [
    'a feature that knows the protocol of agents',
    {
      'libs/context/src/tools.ts': `import { Server } from '@modelcontextprotocol/server'; export const server = Server;`,
    },
    ['the-protocol-of-agents-stays-in-mcp'],
  ],
  [
    'product code that imports a fake',
    { 'libs/context/src/fill.ts': `import { fake } from '#session/testing'; export const start = fake;` },
    ['product-does-not-import-tests'],
  ],
  [
    'product code that imports a development package',
    { 'libs/database/src/property.ts': `import fc from 'fast-check'; export const property = fc;` },
    ['product-needs-no-development-package'],
  ],
  [
    'a cycle of files',
    {
      'libs/context/src/hen.ts': `import { egg } from './egg.js'; export const hen = () => egg;`,
      'libs/context/src/egg.ts': `import { hen } from './hen.js'; export const egg = () => hen;`,
    },
    ['no-cycles'],
  ],
  [
    'an import of nothing',
    { 'libs/context/src/lost.ts': `import { lost } from './nowhere.js'; export const found = lost;` },
    ['every-import-resolves'],
  ],
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

async function violationsIn(files: Readonly<Record<string, string>>): Promise<Violation[]> {
  const workspace = await mkdtemp(join(tmpdir(), 'keepsake-boundaries-'));
  try {
    const manifest = await readFile(join(ROOT, 'package.json'), 'utf8');
    for (const [path, text] of Object.entries({ ...files, 'package.json': manifest })) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), text);
    }
    await symlink(join(ROOT, 'node_modules'), join(workspace, 'node_modules'));
    const args = [
      DEPCRUISE,
      '--config',
      join(ROOT, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
      'apps',
      'libs',
    ];
    const { stdout } = await execute(process.execPath, args, { cwd: workspace, maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout).summary.violations;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

describe('the boundaries of the workspace', () => {
  let violations: Violation[];
  beforeAll(async () => {
    const refused = Object.assign({}, ...REFUSED.map(([, files]) => files));
    violations = await violationsIn({ ...ALLOWED, ...refused });
  });

  it.each(REFUSED)('refuse %s', (_, files, rules) => {
    const broken = violations.filter(({ from }) => from in files).map(({ rule }) => rule.name);
    expect([...new Set(broken)].sort()).toEqual(rules);
  });

  it.each(Object.keys(ALLOWED))('allow what %s imports', (path) => {
    expect(violations.filter(({ from }) => from === path)).toEqual([]);
  });
});
