import { parseRedisUrl, type RedisTarget } from '#config';
import { messageOf } from '#kernel';
import { RedisConnection, type RedisTimeouts } from './redis-connection.js';
import { missingFeaturesOf, refusalOf } from './server-facts.js';
import { resolverFor } from './topology/resolvers.js';
import type { TopologyNode } from './topology/topology.js';

/** What the servers of a Redis URL are for the cache. */
interface RedisInspection {
  /** `host:port` with product and version, of those that take writes. */
  readonly servers: readonly string[];
  /** Whether they are the masters of a Cluster, be it named as one or found behind one address. */
  readonly isCluster: boolean;
  /** Why they can't be the shared tier, each with the address it is about. Empty where they can. */
  readonly problems: readonly string[];
  /** What they do not offer, and what that costs. */
  readonly missingFeatures: readonly string[];
}

/**
 * Finds the servers of a URL, signs in to each and asks what it is, within the timeouts. Writes nothing.
 * @throws RedisUrlError for a malformed URL.
 */
export async function inspectRedis(url: string, timeouts: RedisTimeouts): Promise<RedisInspection> {
  const target = parseRedisUrl(url);
  const resolver = resolverFor(target, timeouts);
  try {
    const { nodes } = await resolver.resolve();
    const seen = await Promise.all(nodes.map((node) => inspectNode(node, target, timeouts)));
    return {
      servers: seen.flatMap(({ servers }) => servers),
      isCluster: nodes.some(({ slots }) => slots !== undefined),
      problems: seen.flatMap(({ problems }) => problems),
      missingFeatures: [...new Set(seen.flatMap(({ missingFeatures }) => missingFeatures))],
    };
  } catch (error) {
    return { servers: [], isCluster: false, problems: [messageOf(error)], missingFeatures: [] };
  } finally {
    resolver.close();
  }
}

async function inspectNode(
  { address, slots }: TopologyNode,
  target: RedisTarget,
  timeouts: RedisTimeouts,
): Promise<Omit<RedisInspection, 'isCluster'>> {
  const connection = new RedisConnection(address, target, timeouts, () => undefined);
  const name = `${address.host}:${address.port}`;
  try {
    await connection.connect();
    const facts = await connection.inspect();
    const refusal = refusalOf(facts, slots !== undefined);
    return {
      servers: [`${name} (${facts.product} ${facts.version})`],
      problems: refusal === undefined ? [] : [`${name}: ${refusal}`],
      missingFeatures: missingFeaturesOf(facts),
    };
  } catch (error) {
    // A refused password closes the connection; the command under way says only that there is none.
    const problem = messageOf(connection.explain(error));
    return { servers: [], problems: [problem.includes(name) ? problem : `${name}: ${problem}`], missingFeatures: [] };
  } finally {
    connection.close();
  }
}
