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
    'redis://cache?db=1',
    'redis://:%zz@cache',
  ])('%s is refused, with what to write instead and without the password', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(RedisUrlError);
    expect(() => parseRedisUrl(url)).toThrow(/Write redis:\/\//);
  });

  it('never repeats a password', () => {
    expect(() => parseRedisUrl('redis://:hunter2@cache/x')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }) as Error,
    );
  });
});
