import { inspectRedis } from '#cache';
import type { CacheConfig } from '#config';
import { type Finding, ok, unavailable, warning } from './finding.js';

const PART = 'redis';
/** Patient: what a doctor is asked about may be slow. */
const TIMEOUTS = { connectTimeoutMs: 3_000, commandTimeoutMs: 1_000 };

/** Whether the servers of `REDIS_URL` take this password, and are fit for the cache. Without Redis it lives in the process. */
export async function checkRedis({ redisUrl }: Pick<CacheConfig, 'redisUrl'>): Promise<Finding> {
  if (redisUrl === undefined) return ok(PART, 'REDIS_URL is not set: the cache lives in the process.');
  const { servers, isCluster, problems, missingFeatures } = await inspectRedis(redisUrl, TIMEOUTS);
  if (problems.length > 0)
    return unavailable(PART, `${problems.join('; ')}. ${adviceFor(problems)} (Keepsake works without, only slower.)`);
  const names = `${isCluster ? `a Cluster of ${servers.length}: ` : ''}${servers.join(', ')}`;
  return missingFeatures.length > 0
    ? warning(PART, `${names} works, but: ${missingFeatures.join('; ')}`)
    : ok(PART, names);
}

/** Replies of a server to a wrong or missing password (https://redis.io/docs/latest/commands/auth/). */
const SIGN_IN = /WRONGPASS|NOAUTH|without any password/;

function adviceFor(problems: readonly string[]): string {
  return problems.some((problem) => SIGN_IN.test(problem))
    ? 'Check user and password in REDIS_URL.'
    : 'Check REDIS_URL, and that the server runs.';
}
