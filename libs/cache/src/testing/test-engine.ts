import { type Clock, SystemClock } from '#kernel';
import { CacheEngine, type CachePorts, type CacheSettings } from '../cache-engine.js';
import type { CacheService } from '../cache.service.js';
import { NoOutbox, type Transactions } from '../outbox/invalidation-outbox.js';
import { testNamespace, testRedisUrl } from './test-redis.js';

/**
 * A cache inside the test's process, without a server and with the whole promise. For the tests of features.
 * @param ports `transactions`: those of the feature under test, so that invalidations wait for their commit
 */
export function inProcessCache({
  clock = new SystemClock(),
  transactions,
}: { readonly clock?: Clock; readonly transactions?: Transactions } = {}): CacheService {
  return new CacheEngine({ singleProcess: true }, { clock, outbox: new NoOutbox(transactions) }).cache;
}

/** A machine that is busy with tests answers late now and then; that is no outage. */
export const PATIENT: CacheSettings['redis'] = { commandTimeoutMs: 2_000, trustMs: 5_000, handOverMs: 5_500 };

/**
 * An engine on the test's Redis, started; one for each process of a test. Whoever starts one stops it.
 * @param settings `namespace`: one for all engines that play together
 */
export async function startTestEngine(
  settings: CacheSettings = {},
  ports: Partial<CachePorts> = {},
): Promise<CacheEngine> {
  const engine = new CacheEngine(
    { redisUrl: settings.redisUrl ?? testRedisUrl(), namespace: testNamespace(), redis: PATIENT, ...settings },
    { clock: new SystemClock(), ...ports },
  );
  await engine.start();
  return engine;
}
