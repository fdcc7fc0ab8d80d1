import type { RedisAddress } from '#config';

/** One server that takes writes. */
export interface TopologyNode {
  readonly id: string;
  readonly address: RedisAddress;
  /** Slots it serves; undefined where there are none. */
  readonly slots: readonly (readonly [number, number])[] | undefined;
  /** Hash tag of the epoch kept on it; undefined outside a Cluster. */
  readonly hashTag: string | undefined;
}

export interface Topology {
  readonly nodes: readonly TopologyNode[];
  /** When the question was sent, on the monotonic clock: it was so then or later. */
  readonly askedMs: number;
}

/** The same text for the same topology. */
export function topologyText(topology: Topology): string {
  return topology.nodes
    .map(({ id, address, slots }) => `${id}@${address.host}:${address.port}=${JSON.stringify(slots)}`)
    .join(';');
}

/** Finds the servers that take writes now. Asked before every connection, and again while connected. */
export abstract class TopologyResolver {
  /** @throws StoreUnavailableError where nobody could be asked. */
  abstract resolve(): Promise<Topology>;
  /** Whether the answer can change while a connection stays up. */
  abstract readonly canMove: boolean;
  abstract close(): void;
}
