import { randomBytes } from 'node:crypto';

/** The server that the integration tests use. */
export function testRedisUrl(): string {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined || url === '')
    throw new Error(
      'TEST_REDIS_URL is not set: run the tests by `npm test`, which provides a server, or set it to a Redis 7 or Valkey 8.',
    );
  return url;
}

/** A namespace of its own for one test file: they share a server. */
export function testNamespace(): string {
  return `ks${randomBytes(5).toString('hex')}`;
}
