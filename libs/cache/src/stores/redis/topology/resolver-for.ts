import type { RedisTarget } from '#config';
import type { RedisTimeouts } from '../redis-connection.js';
import { ClusterNodes } from './cluster-nodes.js';
import { OneAddress } from './one-address.js';
import { SentinelSet } from './sentinel-set.js';
import type { TopologyResolver } from './topology.js';

export function resolverFor(target: RedisTarget, timeouts: RedisTimeouts): TopologyResolver {
  switch (target.kind) {
    case 'single':
      return new OneAddress(target, timeouts);
    case 'sentinel':
      return new SentinelSet(target, timeouts);
    case 'cluster':
      return new ClusterNodes(target, timeouts);
  }
}
