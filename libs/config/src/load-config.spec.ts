import { ConfigError, loadConfig } from './load-config.js';

function problemsOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).toMatchObject({
      http: { host: '127.0.0.1', port: 3000, corsOrigins: [], requestTimeoutMs: 30_000, idempotencyTtlMs: 86_400_000 },
      log: { level: 'info', format: 'json', slowRequestMs: 1_000 },
      database: { url: undefined, poolSize: 1, migrateOnStart: true, dataDir: '.keepsake' },
      cache: { redisUrl: undefined, enabled: true, singleProcess: true },
      auth: { bootstrapKey: undefined, keyFileDir: '.keepsake' },
      session: { idleMs: 7_200_000, expiryMs: 86_400_000, touchMs: 60_000 },
    });
  });

  it('takes a blank variable for one that is not set', () => {
    expect(loadConfig({ PORT: ' ', DATABASE_URL: '', REDIS_URL: ' ', CORS_ORIGINS: '', TRUST_PROXY: '' })).toEqual(
      loadConfig({}),
    );
  });

  it('with an outside database has a pool, may have other processes, and keeps no key file', () => {
    const { database, cache, auth } = loadConfig({ DATABASE_URL: 'postgres://u:p@db/keepsake' });
    expect(database).toMatchObject({ url: 'postgres://u:p@db/keepsake', poolSize: 10 });
    expect(cache.singleProcess).toBe(false);
    expect(auth.keyFileDir).toBeUndefined();
  });

  it('reads lists and flags as people write them', () => {
    const { http } = loadConfig({ CORS_ORIGINS: ' https://a.example , http://localhost:5173,', TRUST_PROXY: 'yes' });
    expect(http).toMatchObject({ corsOrigins: ['https://a.example', 'http://localhost:5173'], trustProxy: 1 });
  });

  it.each([
    ['false', 0],
    ['0', 0],
    ['true', 1],
    ['2', 2],
    ['10.0.0.0/8, loopback', ['10.0.0.0/8', 'loopback']],
    ['192.0.2.7,fd00::/8,::1', ['192.0.2.7', 'fd00::/8', '::1']],
  ])('TRUST_PROXY=%s is understood', (text, expected) => {
    expect(loadConfig({ TRUST_PROXY: text }).http.trustProxy).toEqual(expected);
  });

  it('can not be changed by whoever gets it', () => {
    const config = loadConfig({});
    for (const part of [config, ...Object.values(config), config.http.corsOrigins])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it('reports five mistakes in one message, each with what to write instead', () => {
    const environment = {
      PORT: '70000',
      LOG_LEVEL: 'loud',
      CACHE_ENABLED: 'perhaps',
      DATABASE_URL: 'mysql://user:hunter2@db/x',
      REDIS_URL: 'localhost:6379',
    };
    expect(() => loadConfig(environment)).toThrow('The configuration has 5 mistakes:');
    expect(problemsOf(environment)).toEqual([
      'PORT (now "70000"): write a whole number from 0 to 65535',
      'LOG_LEVEL (now "loud"): write one of fatal, error, warn, info, debug, trace, silent',
      expect.stringMatching(/^DATABASE_URL: write postgres:\/\/.*\(this one is not a PostgreSQL URL\)$/),
      expect.stringMatching(/^REDIS_URL: write redis:\/\//),
      'CACHE_ENABLED (now "perhaps"): write true or false',
    ]);
  });

  it('repeats nothing of a secret', () => {
    const problems = problemsOf({
      KEEPSAKE_BOOTSTRAP_KEY: 'hunter2',
      KEEPSAKE_KEY: 'hunter2',
      DATABASE_URL: 'x://u:hunter2@db',
      REDIS_URL: 'redis://:hunter2@cache/x',
      METRICS_TOKEN: 'hunter2 with spaces',
    });
    expect(problems).toHaveLength(5);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it.each([
    ['PORT', '3000.5'],
    ['PORT', '-1'],
    ['PORT', '3e3'],
    ['PORT', 'http'],
    ['BODY_LIMIT_BYTES', '1'],
    ['DATABASE_POOL_SIZE', '1'],
    ['CORS_ORIGINS', 'app.example.org'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['CORS_ORIGINS', 'https://a.example,*'],
    ['PUBLIC_URL', 'memory.example.org'],
    ['KEEPSAKE_BOOTSTRAP_KEY', `ks_${'x'.repeat(28)}`],
    ['KEEPSAKE_BOOTSTRAP_KEY', `ks_${'x'.repeat(40)} y`],
    ['SEARCH_LANGUAGE', "english'; DROP TABLE contexts"],
    ['SEARCH_LANGUAGE', 'klingon'],
    ['CONVERSATION_UNHELPFUL_PATTERNS', 'no idea,**'],
    ['SHUTDOWN_DELAY_MS', '10000'],
    ['TRUST_PROXY', 'nginx'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '1,2'],
    ['TRUST_PROXY', '-1'],
    ['TRUST_PROXY', '100'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}\\b.*: write `))]);
  });
});

describe('REDIS_URL', () => {
  it.each([
    'redis://cache',
    'redis://cache:6379/2',
    'rediss://user:p%40ss@cache:6380',
    'redis://:secret@[::1]:7000',
    'redis://a:7000,b:7001,c',
    'redis+sentinel://:p@a,b:26380/main/3',
    'redis+sentinel://a/main?sentinelPassword=x',
  ])('%s is taken as it is', (url) => {
    expect(loadConfig({ REDIS_URL: url }).cache).toMatchObject({ redisUrl: url, enabled: true });
  });

  it.each([
    'cache:6379',
    'http://cache',
    'redis:/cache',
    'redis://',
    'redis://cache:port',
    'redis://cache:99999',
    'redis://cache:0',
    'redis://cache:6379:1',
    'redis://user@cache',
    'redis://:%zz@cache',
    'redis://cache/notanumber',
    'redis://cache/0/1',
    'redis://a,,b',
    'redis://a,b/1',
    'redis://a b',
    'redis+sentinel://a',
    'redis://cache?db=1',
  ])('%s is refused: a malformed one never turns the cache off silently', (url) => {
    expect(problemsOf({ REDIS_URL: url })).toEqual([expect.stringMatching(/^REDIS_URL: write redis:\/\//)]);
  });
});
