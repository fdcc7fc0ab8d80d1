/**
 * Six projects, each of which runs alone (`--selectProjects`). In process: unit (`*.spec.ts`), integration
 * (`*.int-spec.ts`, real PostgreSQL and Redis), model (the protocol of the cache) and operations (image and manifests).
 * On the built product, as child processes: e2e and chaos. SWC compiles our code, and the packages that ship ESM alone,
 * to CommonJS: inside jest only. Production stays ESM.
 */
const esmOnly = [
  '@nestjs/.*',
  'uid',
  'iterare',
  'es-toolkit',
  'uuid',
  'jose',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer/.*',
  '@borewit/.*',
  'keyv',
  'cacheable',
  '@cacheable/.*',
  'cache-manager',
  'hookified',
  'qified',
  'load-esm',
  '@lukeed/.*',
].join('|');

const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.(ts|js|mjs)$': ['@swc/jest'] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`],
  moduleNameMapper: {
    '^#test/(.*)\\.js$': ['<rootDir>/test/$1.ts', '<rootDir>/test/$1.js'],
    '^#test/(.*\\.mjs)$': '<rootDir>/test/$1',
    '^#([a-z-]+)/testing$': '<rootDir>/libs/$1/src/testing/index.ts',
    '^#([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js', '$1'],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/.keepsake/'],
  setupFiles: ['reflect-metadata', '<rootDir>/test/setup/quiet-logs.mjs'],
};

const withServices = {
  ...base,
  globalSetup: '<rootDir>/test/setup/global-setup.mjs',
  globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
};

export default {
  testTimeout: 120_000,
  maxWorkers: 2,
  reporters: ['<rootDir>/test/setup/quiet-reporter.mjs'],
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,apps}/**/*.spec.ts', '<rootDir>/test/{architecture,setup,support}/**/*.spec.ts'],
    },
    {
      ...withServices,
      displayName: 'integration',
      testMatch: ['<rootDir>/{libs,apps}/**/*.int-spec.ts', '<rootDir>/test/{setup,support}/**/*.int-spec.ts'],
    },
    { ...withServices, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
    { ...base, displayName: 'model', testMatch: ['<rootDir>/test/model/**/*.spec.ts'] },
    { ...base, displayName: 'operations', testMatch: ['<rootDir>/test/operations/**/*.spec.ts'] },
    { ...withServices, displayName: 'chaos', testMatch: ['<rootDir>/test/chaos/**/*.chaos-spec.ts'] },
  ],
};
