import type { RedisAddress, RedisTarget } from '#config';
import type { RedisTimeouts } from '../redis-connection.js';
import { ClusterNodes } from './cluster-nodes.js';
import { SentinelSet } from './sentinel-set.js';
import { SingleServer } from './single-server.js';
import type { TopologyResolver } from './topology.js';

export function resolverFor(target: RedisTarget, timeouts: RedisTimeouts): TopologyResolver {
  switch (target.kind) {
    case 'single':
      return new SingleServer(target.hosts[0] as RedisAddress);
    case 'sentinel':
      return new SentinelSet(target, timeouts);
    case 'cluster':
      return new ClusterNodes(target, timeouts);
  }
}
