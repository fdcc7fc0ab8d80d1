import type { FaultsByKind } from './fault-table.js';

const PLACES = 'test/e2e/cli-places.e2e-spec.ts';
const ADMIN = 'test/e2e/cache-admin.e2e-spec.ts';
const CI = '.ci/run';

export const faultsOfOperation: FaultsByKind = {
  'configuration, command line and packages': [
    {
      fault:
        'the lockfile is not whole, engines do not hold, install scripts wait for an answer, a package phones home',
      provedBy: [
        ['test/architecture/lockfile.spec.ts', 'has every package of every platform'],
        ['test/architecture/lockfile.spec.ts', 'refuses the oldest Node'],
        ['test/architecture/lockfile.spec.ts', 'has no install script without an answer'],
        ['test/architecture/lockfile.spec.ts', 'in the place of the one that reports installations to others'],
        [CI, 'unchanged_tree'],
      ],
    },
    {
      fault: 'a command in another folder makes a database',
      provedBy: [[PLACES, 'in another folder says what it did not find, and makes nothing']],
    },
    {
      fault: 'the operator key is never shown where the first start finds its port taken',
      provedBy: [['test/e2e/first-start.e2e-spec.ts', 'the key is shown by the start that first serves']],
    },
    {
      fault: 'npm pack makes what can not run',
      provedBy: [
        ['test/architecture/package.spec.ts', 'takes the program, and neither sources nor tests'],
        [CI, 'check-package.mjs'],
      ],
    },
    {
      fault: 'PgBouncer refuses a startup parameter',
      provedBy: [['libs/database/src/pooling.int-spec.ts', '"unsupported startup parameter": a session pool works']],
    },
    {
      fault: 'one endpoint of a Cluster is taken for a server of its own',
      provedBy: [['libs/cache/src/stores/redis/topologies.int-spec.ts', 'one endpoint of a Cluster']],
    },
    {
      fault: 'forms of DATABASE_URL are dropped, and parts of a password are repeated',
      provedBy: [
        ['libs/config/src/database-url.spec.ts', 'is refused, and nothing of the password repeated'],
        ['libs/config/src/database-url.spec.ts', 'every part is in force, reported, or refused'],
      ],
    },
    {
      fault: 'what is written in the configuration is dropped without a word',
      provedBy: [
        ['libs/config/src/ineffective-variables.spec.ts', 'Object.keys(environmentSchema.shape)'],
        ['test/e2e/configuration-notes.e2e-spec.ts', 'what is written in the configuration and changes nothing'],
      ],
    },
    {
      fault: 'behind a proxy that appends, the client chooses its address',
      provedBy: [
        ['test/e2e/trust-proxy.e2e-spec.ts', 'behind two proxies that append'],
        ['test/e2e/trust-proxy.e2e-spec.ts', 'networks: the client is the last address outside of them'],
      ],
    },
    {
      fault: 'files, folders and servers that are not what they should be end in stack traces',
      provedBy: [
        [PLACES, 'export to a missing folder, a folder or below a file names it'],
        [PLACES, 'one sentence, no stack trace, an exit code'],
      ],
    },
    {
      fault: 'commands succeed for projects that there are not',
      provedBy: [[PLACES, 'export, warm and invalidate of an unknown project, session or context fail']],
    },
    {
      fault: 'texts of commands that are not true, not short, or there twice',
      provedBy: [
        [PLACES, 'cache test on the embedded database speaks of the cache in the process'],
        [PLACES, 'a call that needs a confirmation says how to give it'],
        [PLACES, 'keys rotate of no id is one message'],
        [PLACES, 'help <command> shows how to call that command'],
        [PLACES, 'mcp asks for a key of memory'],
      ],
    },
    {
      fault: 'the doctor finds nothing where a right or a folder is missing',
      provedBy: [
        ['libs/database/src/missing-grants.int-spec.ts', 'is shown what to grant before anything is made'],
        ['apps/cli/src/doctor/doctor.spec.ts', 'data folder below a file'],
      ],
    },
  ],
  "the README's own commands": [
    { fault: 'the tests pass only where a database is installed', provedBy: [[CI, 'TEST_IGNORE_MACHINE=true']] },
    {
      fault: 'the certificate of the TLS test lies outside of the folder of its server',
      provedBy: [['libs/cache/src/processes.int-spec.ts', 'speaks TLS']],
    },
    {
      fault: 'a start says only that it builds, and tests write lines that nobody asked for',
      provedBy: [
        ['test/setup/ensure-built.spec.ts', 'names each step with its time'],
        ['test/e2e/first-start.e2e-spec.ts', 'a line that says what takes so long'],
        ['jest.config.mjs', 'quiet-reporter.mjs'],
      ],
    },
  ],
  administration: [
    { fault: 'a change of a family replaces all of it', provedBy: [[ADMIN, 'changes of a family what is named']] },
    {
      fault: 'answers that are made of a family go on where it is turned off',
      provedBy: [[ADMIN, 'keeps no answers that are made of a family that is turned off']],
    },
    {
      fault: 'a missing package of the embedder is found by the first request',
      provedBy: [['test/e2e/transformers-missing.e2e-spec.ts', 'is reported by health from the start']],
    },
    {
      fault: 'more connections than are allowed',
      provedBy: [['test/e2e/redis-connections.e2e-spec.ts', 'REDIS_MAX_CONNECTIONS']],
    },
    {
      fault: 'CACHE_DEFAULT_TTL changes nothing',
      provedBy: [['libs/cache/src/cache.service.spec.ts', 'has the configured TTL where the family declares none']],
    },
    {
      fault: 'hits, misses and slow statements are in no log',
      provedBy: [
        ['test/e2e/logs.e2e-spec.ts', 'reports at debug how every read of the cache was answered'],
        ['test/e2e/logs.e2e-spec.ts', 'warns of slow statements'],
      ],
    },
    { fault: 'health does not say how Redis is', provedBy: [[ADMIN, 'uptimeSeconds']] },
    {
      fault: 'reads without an entity tag or without Cache-Status',
      provedBy: [
        ['test/e2e/conditional-requests.e2e-spec.ts', 'every read that sends an entity tag answers 304 to it'],
        ['test/e2e/cached-reads.e2e-spec.ts', 'says Cache-Status of every read that goes through the cache'],
      ],
    },
  ],
};
