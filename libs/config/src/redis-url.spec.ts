import { parseRedisUrl, RedisUrlError } from './redis-url.js';

describe('REDIS_URL', () => {
  it.each([
    ['redis://cache', { kind: 'single', hosts: [{ host: 'cache', port: 6379 }], tls: false, database: 0 }],
    ['rediss://u:p%40ss@cache:6380/2', { username: 'u', password: 'p@ss', tls: true, database: 2 }],
    ['redis://:secret@[::1]:7000', { hosts: [{ host: '::1', port: 7000 }], username: undefined, password: 'secret' }],
    [
      'redis://a:1,b:2,c',
      {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
          { host: 'c', port: 6379 },
        ],
      },
    ],
    [
      'redis+sentinel://:p@a,b:26380/main/3',
      {
        kind: 'sentinel',
        masterName: 'main',
        database: 3,
        hosts: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 26380 },
        ],
      },
    ],
    ['redis+sentinel://a/main?sentinelPassword=x', { sentinelPassword: 'x' }],
    ['redis+sentinel://a/main?sentinelPassword=a+b%20c', { sentinelPassword: 'a+b c' }],
    ['rediss+sentinel://a/main', { kind: 'sentinel', tls: true, hosts: [{ host: 'a', port: 26379 }] }],
    ['redis://a,b/0', { kind: 'cluster', database: 0 }],
    ['redis://cache/', { kind: 'single', database: 0 }],
    ['  redis://cache  ', { hosts: [{ host: 'cache', port: 6379 }] }],
  ])('%s is understood', (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  it.each([
    'cache:6379',
    'http://cache',
    'redis://',
    'redis://cache:port',
    'redis://cache:99999',
    'redis://user@cache',
    'redis://cache/notanumber',
    'redis://a,b/1',
    'redis+sentinel://a',
    'redis+sentinel://a/',
    'redis+sentinel://a//1',
    'redis+sentinel://a/main/',
    'redis+sentinel://a/main/x',
    'redis+sentinel://a/main/1/2',
    'redis+sentinel://a/main?sentinelPassword=',
    'redis+sentinel://a/main?sentinelPassword=x&sentinelPassword=y',
    'redis+sentinel://a/main?sentinelPassword=%zz',
    'redis+sentinel://a/%zz',
    'redis://a?sentinelPassword=x',
    'redis://a,b/00',
    'redis://cache/0/1',
    'redis://cache//',
    'redis://cache/12345',
    'redis://a,,b',
    'redis://a b',
    'redis:/cache',
    'redis://cache:0',
    'redis://cache:6379:1',
    'redis://cache?',
    'redis://cache#0',
    'redis://u:p@ss@cache',
    'redis://cache?db=1',
    'redis://:%zz@cache',
    'redis://:%ff@cache',
  ])('%s is refused, with what to write instead and without the password', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(RedisUrlError);
    expect(() => parseRedisUrl(url)).toThrow(/write redis:\/\//);
  });

  it.each([
    'redis://:hunter2@cache/x',
    'redis://u:77777/hunter2@cache',
    'redis://u:6379/hunter2@cache',
    'redis+sentinel://u:1234/hunter2@cache',
    'redis://:77777@cache:77777',
    'redis://u:hunter2@x@cache',
    'redis://u:hunter2?x@cache',
    'redis://u:hunter2#x@cache',
  ])('%s: nothing of a password is repeated', (url) => {
    const refuse = () => parseRedisUrl(url);
    expect(refuse).toThrow(RedisUrlError);
    expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/hunter2|77777/) }) as Error);
  });
});
