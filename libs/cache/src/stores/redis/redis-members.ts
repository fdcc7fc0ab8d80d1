import type { CircuitBreaker } from '../../circuit-breaker.js';
import { slotOf } from './cluster-slot.js';
import type { RedisConnection } from './redis-connection.js';
import { type Topology, type TopologyNode, topologyText } from './topology/topology.js';

const SLOTS = 16_384;

/** One server that takes writes, and the connection to it. */
export interface Member {
  readonly node: TopologyNode;
  readonly connection: RedisConnection;
  /** Open: the gate is closed, nothing is read from this server. */
  readonly breaker: CircuitBreaker;
  /** Who answers was checked on this very connection. */
  isChecked: boolean;
  supportsIfEqual: boolean;
}

/** The servers of the topology, and which of them serves a key. */
export class RedisMembers {
  private members = new Map<string, Member>();
  private slots: (Member | undefined)[] | undefined;
  private openCount = 0;
  private topologySeen = '';
  /** The one server outside a Cluster, while it is open. */
  only: Member | undefined;

  /** @param join makes a member for a node, with its gate closed */
  constructor(private readonly join: (node: TopologyNode) => Member) {}

  get all(): readonly Member[] {
    return [...this.members.values()];
  }

  get isCluster(): boolean {
    return this.slots !== undefined;
  }

  get isOpen(): boolean {
    return this.openCount > 0;
  }

  /** Whether every server is open. */
  get isWhole(): boolean {
    return this.openCount > 0 && this.openCount === this.members.size;
  }

  isCurrent(member: Member): boolean {
    return this.members.get(member.node.id) === member;
  }

  isSame(topology: Topology): boolean {
    return topologyText(topology) === this.topologySeen;
  }

  find(key: string): Member | undefined {
    return this.slots === undefined ? this.members.values().next().value : this.slots[slotOf(key)];
  }

  /** Makes the members those of the topology. A change of the masters closes the gate of all: the epoch names them. */
  adopt(topology: Topology): void {
    const hasChanged = !this.isSame(topology);
    const members = new Map<string, Member>();
    for (const node of topology.nodes) {
      const present = this.members.get(node.id);
      const isReusable = present !== undefined && !present.connection.isClosed && !hasChanged;
      members.set(node.id, isReusable ? present : this.join(node));
    }
    const left = this.all.filter((member) => members.get(member.node.id) !== member);
    this.members = members;
    this.topologySeen = topologyText(topology);
    if (topology.nodes.some((node) => node.slots !== undefined)) {
      this.slots = Array.from({ length: SLOTS }, () => undefined);
      for (const member of members.values()) {
        for (const [first, last] of member.node.slots ?? []) this.slots.fill(member, first, last + 1);
      }
    }
    for (const { connection } of left) connection.close();
    this.recount();
  }

  /** Call after a gate was opened or closed. */
  recount(): void {
    this.openCount = this.all.filter(({ breaker }) => !breaker.isOpen).length;
    this.only = this.slots === undefined && this.openCount === 1 ? this.members.values().next().value : undefined;
  }
}
