/**
 * Two kinds of tests run in process: unit (`*.spec.ts`) and integration (`*.int-spec.ts`, real PostgreSQL and
 * Redis). End-to-end tests start the built product as child processes. SWC compiles our code, and the packages
 * that ship ESM alone, to CommonJS: inside jest only. Production stays ESM.
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

export default {
  testTimeout: 30_000,
  maxWorkers: 2,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{libs,apps}/**/*.spec.ts',
        '<rootDir>/test/{architecture,model,operations,setup,support}/**/*.spec.ts',
      ],
    },
    {
      ...base,
      displayName: 'integration',
      testMatch: ['<rootDir>/{libs,apps}/**/*.int-spec.ts', '<rootDir>/test/{setup,support}/**/*.int-spec.ts'],
      globalSetup: '<rootDir>/test/setup/global-setup.mjs',
      globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
    },
    {
      ...base,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/{e2e,chaos}/**/*.{e2e,chaos}-spec.ts'],
      globalSetup: '<rootDir>/test/setup/global-setup.mjs',
      globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
    },
  ],
};
