import type { Redis } from 'ioredis';
import type { RedisAddress, RedisTarget } from '#config';
import { StoreUnavailableError } from '../../shared-store.js';
import { hashTagWithin } from '../cluster-slot.js';
import { NewestView, type View } from './newest-view.js';
import type { TopologyNode } from './topology.js';

type SlotsReply = [number, number, [string | null, number, string], ...unknown[]][];

/** The masters of a Cluster. */
export class ClusterNodes extends NewestView {
  private masters: readonly RedisAddress[] = [];

  protected seeds(): readonly RedisAddress[] {
    const known = new Set(this.masters.map(({ host, port }) => `${host}:${port}`));
    return [...this.masters, ...this.target.hosts.filter(({ host, port }) => !known.has(`${host}:${port}`))];
  }

  protected async ask(client: Redis, seed: RedisAddress): Promise<View> {
    const [info, slots] = await Promise.all([
      client.cluster('INFO'),
      client.cluster('SLOTS') as Promise<unknown> as Promise<SlotsReply>,
    ]);
    const nodes = mastersIn(slots, seed);
    if (nodes.length === 0) throw new StoreUnavailableError('the Cluster serves no slots');
    this.masters = nodes.map(({ address }) => address);
    return { nodes, configEpoch: Number(/cluster_current_epoch:(\d+)/.exec(info)?.[1] ?? 0) };
  }

  protected signIn(): Pick<RedisTarget, 'username' | 'password'> {
    return this.target;
  }
}

/** @param seed who was asked: a node that does not know its own name leaves it out */
function mastersIn(reply: SlotsReply, seed: RedisAddress): TopologyNode[] {
  const ranges = new Map<string, { address: RedisAddress; slots: [number, number][] }>();
  for (const [first, last, [host, port, id]] of reply) {
    const isNameless = host === null || host === '' || host === '?';
    const node = ranges.get(id) ?? { address: { host: isNameless ? seed.host : host, port }, slots: [] };
    node.slots.push([first, last]);
    ranges.set(id, node);
  }
  return [...ranges]
    .map(([id, { address, slots }]) => ({ id, address, slots, hashTag: hashTagWithin(slots) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
