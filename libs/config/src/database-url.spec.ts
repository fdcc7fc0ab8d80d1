import { DatabaseUrlError, idlePartsOf, parseDatabaseUrl } from './database-url.js';

const problemOf = (url: string) => {
  try {
    parseDatabaseUrl(url);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.problem;
    throw error;
  }
};

describe('DATABASE_URL', () => {
  it.each([
    [
      'postgres://u:p@db/keepsake',
      { host: 'db', port: 5432, user: 'u', password: 'p', database: 'keepsake', ssl: undefined },
    ],
    ['postgresql://u@db:6432', { host: 'db', port: 6432, user: 'u', password: undefined, database: undefined }],
    ['postgres://db/keepsake', { host: 'db', user: undefined, password: undefined, database: 'keepsake' }],
    ['  postgres://u:p@[::1]:5433/keepsake  ', { host: '::1', port: 5433 }],
    // libpq, Cloud SQL
    ['postgres://u:p@/keepsake?host=/cloudsql/a:b:c', { host: '/cloudsql/a:b:c', port: 5432, database: 'keepsake' }],
    ['postgres://u:p@/keepsake?host=db&port=6000', { host: 'db', port: 6000 }],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/keepsake', { host: '/var/run/postgresql' }],
    ['postgres:///?host=db&user=u&password=p%26q&dbname=k', { user: 'u', password: 'p&q', database: 'k' }],
    // passwords as they are
    ['postgres://u:p@ss@db/k', { user: 'u', password: 'p@ss', host: 'db', database: 'k' }],
    ['postgres://u:p/s:s@db:1/k', { user: 'u', password: 'p/s:s', host: 'db', port: 1, database: 'k' }],
    ['postgres://u:p#s@db/k', { password: 'p#s', host: 'db' }],
    ['postgres://u%40x:p%3Fs%25@db/k', { user: 'u@x', password: 'p?s%' }],
    // TLS, as libpq
    ['postgres://db/k?sslmode=disable', { ssl: false }],
    ['postgres://db/k?sslmode=require', { ssl: { rejectUnauthorized: false } }],
    ['postgres://db/k?sslmode=no-verify', { ssl: { rejectUnauthorized: false } }],
    ['postgres://db/k?sslmode=verify-full', { ssl: { rejectUnauthorized: true } }],
    ['postgres://db/k?sslmode=verify-full&sslrootcert=system', { ssl: { rejectUnauthorized: true } }],
    [
      'postgres://db/k?sslmode=verify-ca',
      { ssl: { rejectUnauthorized: true, checkServerIdentity: expect.anything() } },
    ],
    ['postgres://db/k?ssl=true', { ssl: { rejectUnauthorized: false } }],
    ['postgres:///k?host=/run/postgresql&sslmode=verify-full', { ssl: false }],
    // Neon
    [
      'postgres://u:p@db/k?sslmode=require&channel_binding=require',
      { enableChannelBinding: true, ssl: { rejectUnauthorized: true } },
    ],
    ['postgres://db/k?options=-c%20search_path%3Dmem', { options: '-c search_path=mem' }],
    ['postgres://db/k?options=-c+search_path=mem&application_name=x', { options: '-c search_path=mem' }],
    ['postgres://db/k?application_name=memory', { application_name: 'memory' }],
    ['postgres://db/k?client_encoding=UTF-8&pgbouncer=true', { host: 'db' }],
  ])('%s is understood', (url, expected) => {
    expect(parseDatabaseUrl(url)).toMatchObject(expected);
  });

  it.each([
    ['mysql://u:s3cr3t@db/k', /not a PostgreSQL URL/],
    ['postgres://', /not a PostgreSQL URL/],
    ['postgres://u:s3cr3t@db/k k', /not a PostgreSQL URL/],
    ['postgres:///k', /names no host/],
    ['postgres://u:s3cr3t@/k', /names no host/],
    ['postgres://u:s3cr3t@a,b/k', /several hosts/],
    ['postgres://u:s3cr3t@a:1,b:2/k', /several hosts/],
    ['postgres://u:s3cr3t@db/k?host=db', /the host twice/],
    ['postgres://u:s3cr3t@db/k?password=s3cr3t', /the password twice/],
    ['postgres://u:s3cr3t@db/k?schema=mem', /parameter schema,.*search_path/],
    ['postgres://u:s3cr3t@db/k?currentSchema=mem', /parameter currentSchema,.*search_path/],
    ['postgres://u:s3cr3t@db/k?connection_limit=5', /parameter connection_limit,.*DATABASE_POOL_SIZE/],
    ['postgres://u:s3cr3t@db/k?connect_timeout=5', /DATABASE_CONNECT_TIMEOUT_MS/],
    ['postgres://u:s3cr3t@db/k?target_session_attrs=any', /parameter target_session_attrs, which is not taken/],
    ['postgres://u:s3cr3t@db/k?sslmode', /a parameter that is not known/],
    ['postgres://u:s3cr3t@db/k?sslmode=require&sslmode=disable', /sslmode twice/],
    ['postgres://u:s3cr3t@db/k?sslmode=prefer', /sslmode/],
    ['postgres://u:s3cr3t@db/k?ssl=yes', /neither true nor false/],
    ['postgres://u:s3cr3t@db/k?ssl=true&sslmode=require', /both ssl and sslmode/],
    ['postgres://u:s3cr3t@db/k?sslmode=verify-full&sslrootcert=/nowhere/ca.pem', /sslrootcert .*ENOENT/],
    ['postgres://u:s3cr3t@db/k?sslrootcert=/nowhere/ca.pem', /certificates without sslmode/],
    ['postgres://u:s3cr3t@db/k?channel_binding=require', /channel_binding=require without TLS/],
    ['postgres://u:s3cr3t@db/k?client_encoding=latin1', /client_encoding/],
    ['postgres://u:s3cr3t@db/a/b', /second slash/],
    ['postgres://u:s3cr3t@db/k#x', /# that is not percent-encoded/],
    ['postgres://u:s3cr3t@db:0/k', /port that does not exist/],
    ['postgres://u:s3cr3t@db:s3cr3t/k', /port that does not exist/],
    ['postgres://u:s3cr3t@[db/k', /malformed host/],
    ['postgres://u:%zzs3cr3t@db/k', /malformed percent-encoding in its password/],
    ['postgres://u:s3cr3t?x@db/k', /@ only behind a question mark/],
    ['postgres://u:p@a?s3cr3t=b@db/k', /a parameter that is not known/],
    ['postgres://a/s3cr3t@db/k', /a user with an @ or a slash/],
  ])('%s is refused, and nothing of the password repeated', (url, problem) => {
    expect(problemOf(url)).toMatch(problem);
    expect(problemOf(url)).not.toContain('s3cr3t');
  });

  describe('every part is in force, reported, or refused', () => {
    const BASE = 'postgres://db/k';
    it.each([
      ['postgres://u@db/k', BASE],
      ['postgres://u:p@db/k', 'postgres://u@db/k'],
      ['postgres://other/k', BASE],
      ['postgres://db:6543/k', BASE],
      ['postgres://db/other', BASE],
      ['postgres:///k?host=other', BASE],
      [`${BASE}?port=6543`, BASE],
      [`${BASE}?user=u`, BASE],
      [`${BASE}?password=p`, BASE],
      ['postgres://db?dbname=k', 'postgres://db'],
      [`${BASE}?sslmode=disable`, BASE],
      [`${BASE}?sslmode=require`, BASE],
      [`${BASE}?sslmode=verify-full`, `${BASE}?sslmode=require`],
      [`${BASE}?ssl=true`, BASE],
      [`${BASE}?sslmode=require&sslrootcert=/missing`, BASE],
      [`${BASE}?sslmode=require&sslcert=/missing`, BASE],
      [`${BASE}?sslmode=require&sslkey=/missing`, BASE],
      [`${BASE}?channel_binding=prefer`, BASE],
      [`${BASE}?application_name=a`, BASE],
      [`${BASE}?options=-cgeqo=off`, BASE],
      [`${BASE}?client_encoding=latin1`, BASE],
      [`${BASE}?pgbouncer=true`, BASE],
      [`${BASE}?uselibpqcompat=true`, BASE],
      ['postgres:///k?host=/run&ssl=true', 'postgres:///k?host=/run'],
      [`${BASE}?schema=s`, BASE],
      [`${BASE}?anything=s`, BASE],
    ])('%s', (url, without) => {
      const problem = problemOf(url);
      if (problem !== undefined) return;
      const isInForce = JSON.stringify(parseDatabaseUrl(url)) !== JSON.stringify(parseDatabaseUrl(without));
      expect({ url, isInForceOrReported: isInForce || idlePartsOf(url).length > 0 }).toEqual({
        url,
        isInForceOrReported: true,
      });
    });
  });
});
