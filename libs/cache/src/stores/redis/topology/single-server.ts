import type { RedisAddress } from '#config';
import { type Topology, TopologyResolver } from './topology.js';

export class SingleServer extends TopologyResolver {
  readonly canMove = false;
  private readonly nodes: Topology['nodes'];

  constructor(address: RedisAddress) {
    super();
    this.nodes = [{ id: 'single', address, slots: undefined, hashTag: undefined }];
  }

  async resolve(): Promise<Topology> {
    return { nodes: this.nodes, askedMs: performance.now() };
  }

  close(): void {}
}
