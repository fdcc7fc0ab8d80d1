/**
 * Who may import whom, as data; the rules below only spell it out for the tool. A lib that is not listed here imports
 * nothing, and the check says so.
 */

/** Knows nothing of the product's features. */
const PLATFORM = {
  kernel: [],
  config: ['kernel'],
  observability: ['kernel', 'config'],
  database: ['kernel', 'config', 'observability'],
  queue: ['kernel', 'config', 'observability', 'database'],
  http: ['kernel', 'config', 'observability', 'database', 'queue', 'cache'],
  auth: ['kernel', 'config', 'observability', 'database', 'http', 'cache', 'throttle'],
  cache: ['kernel', 'config', 'observability', 'database'],
  throttle: ['kernel', 'config', 'observability', 'http', 'cache'],
  outbound: ['kernel', 'config'],
};

/** What each feature may ask of others, besides the whole platform. There are no cycles. */
const FEATURES = {
  settings: [],
  redaction: ['settings'],
  project: [],
  warming: ['project'],
  session: ['project', 'warming'],
  context: ['redaction', 'project', 'warming', 'session'],
  embedding: ['redaction', 'context'],
  conversation: ['project', 'session'],
  search: ['project', 'session', 'context', 'embedding', 'conversation'],
  check: ['project', 'context', 'search'],
  handover: ['project', 'warming', 'session', 'context'],
  'agent-state': ['project'],
  user: ['settings', 'conversation', 'relevance'],
  lookup: [],
  relevance: ['project', 'session', 'context', 'conversation', 'search'],
  webhook: ['project', 'session', 'context', 'handover'],
  transfer: ['redaction', 'project', 'session', 'context', 'handover', 'agent-state', 'conversation'],
};

/** They show the features to the outside: operators and agents. */
const OUTWARD = { admin: Object.keys(FEATURES), mcp: Object.keys(FEATURES) };

/** The apps compose; the command line starts the others. */
const APPS = { api: [], worker: [], cli: ['api', 'worker'], console: [] };

/** The kernel is a Nest module as well, and makes ids; nothing else comes from outside. */
const KERNEL_PACKAGES = ['@nestjs/common', 'uuid'];

/** Libraries that hold a technology. They stay where it is adapted: what decides and computes knows only ports. */
const TECHNOLOGY = ['typeorm', '@nestjs/typeorm', 'pg', 'pg-boss', 'ioredis', 'fastify', '@nestjs/platform-fastify'];

const platform = Object.keys(PLATFORM);
const libs = {
  ...PLATFORM,
  ...Object.fromEntries(Object.entries(FEATURES).map(([name, others]) => [name, [...platform, ...others]])),
  ...Object.fromEntries(Object.entries(OUTWARD).map(([name, others]) => [name, [...platform, ...others]])),
};

const TESTS = String.raw`\.(int-)?spec\.ts$|/testing/`;
/** Routes and what they say in and out, in `http/` or beside what they are of. */
const ROUTES = ['^libs/[^/]+/src/http/', '[.](controller|dto|response|guard)[.]ts$'];
/** What is SQL, by its name. */
const ADAPTER = '/postgres-[^/]+[.]ts$';
const anyOf = (names) => `(${names.map((name) => name.replaceAll('/', '[/]')).join('|')})`;
const packages = (names) => `(^|/)node_modules/${anyOf(names)}/`;

const graphRules = Object.entries(libs).map(([name, allowed]) => ({
  name: `${name}-imports-only-what-it-may`,
  comment: `libs/${name} may import ${allowed.join(', ') || 'no other lib'}: see the top of .dependency-cruiser.mjs.`,
  severity: 'error',
  from: { path: `^libs/${name}/` },
  to: { path: '^(libs|apps)/', pathNot: `^libs/${anyOf([name, ...allowed])}/` },
}));

const appRules = Object.entries(APPS).map(([name, allowed]) => ({
  name: `app-${name}-imports-only-what-it-may`,
  comment: `apps/${name} may import libs, and of the apps ${allowed.join(', ') || 'no other'}.`,
  severity: 'error',
  from: { path: `^apps/${name}/` },
  to: { path: '^apps/', pathNot: `^apps/${anyOf([name, ...allowed])}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...graphRules,
    ...appRules,
    {
      name: 'every-lib-has-its-place',
      comment: 'A lib is listed at the top of .dependency-cruiser.mjs before it imports others.',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/${anyOf(Object.keys(libs))}/` },
      to: { path: '^(libs|apps)/' },
    },
    {
      name: 'a-lib-is-entered-by-its-index',
      comment: 'Other libs and the apps see what a lib exports from its index.ts, as `#<lib>`.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: {
        path: '^libs/',
        pathNot: [
          '^libs/$2/',
          '^libs/[^/]+/src/index[.]ts$',
          '^libs/[^/]+/src/testing/index[.]ts$',
          // What a command says without loading a server.
          '^libs/kernel/src/product[.]ts$',
        ],
      },
    },
    {
      name: 'the-kernel-imports-nothing',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: TESTS },
      to: { dependencyTypesNot: ['core', 'local'], pathNot: packages(KERNEL_PACKAGES) },
    },
    {
      name: 'http-does-not-reach-persistence',
      comment: 'A controller speaks with the service and the domain; rows are not its business.',
      severity: 'error',
      from: { path: ROUTES },
      to: { path: ['/persistence/', ADAPTER, '[.](repository|row)[.]ts$'] },
    },
    {
      name: 'technology-stays-in-adapters',
      comment:
        'Services, readers and the domain know ports; typeorm, pg-boss, ioredis and fastify know their adapters.',
      severity: 'error',
      from: {
        path: `^libs/${anyOf([...Object.keys(FEATURES), ...Object.keys(OUTWARD)])}/src/`,
        pathNot: [TESTS, '/persistence/', ADAPTER, ...ROUTES, '[.]module[.]ts$'],
      },
      to: { path: packages(TECHNOLOGY) },
    },
    {
      name: 'services-know-no-technology',
      severity: 'error',
      from: { path: '^libs/.*[.](service|reader)[.]ts$' },
      to: { path: packages(TECHNOLOGY) },
    },
    {
      name: 'the-protocol-of-agents-stays-in-mcp',
      comment: 'Features know no Model Context Protocol: libs/mcp makes tools of their routes.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/mcp/', TESTS] },
      to: { path: '(^|/)node_modules/@modelcontextprotocol/' },
    },
    {
      name: 'product-does-not-import-tests',
      comment: 'Fakes, factories and contracts serve tests alone.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TESTS },
      to: { path: `${TESTS}|^(test|bench)/` },
    },
    {
      name: 'product-needs-no-development-package',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(apps|libs)/' },
      to: { circular: true },
    },
    {
      name: 'every-import-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What is built of this repository; many packages keep their code in a folder of that name.
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
