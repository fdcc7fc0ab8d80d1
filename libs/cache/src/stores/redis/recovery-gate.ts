import { setTimeout as pause } from 'node:timers/promises';
import { AsyncResource } from 'node:async_hooks';
import type { RedisTarget } from '#config';
import { messageOf } from '#kernel';
import type { KeySpace } from '../../families/key.js';
import { CircuitBreaker } from '../../circuit-breaker.js';
import { StoreUnavailableError } from '../shared-store.js';
import type { PrimaryRecord } from './primary-record.js';
import { RedisConnection } from './redis-connection.js';
import { type Member, RedisMembers } from './redis-members.js';
import type { RedisStoreListener, RedisStoreOptions } from './redis-store-options.js';
import { ServerCheck, TERM_IS_OVER } from './server-check.js';
import type { ServerFacts } from './server-facts.js';
import { resolverFor } from './topology/resolvers.js';
import type { TopologyNode, TopologyResolver } from './topology/topology.js';

const FIRST_RETRY_MS = 25;

/**
 * Decides which servers may be read.
 *
 * A connection answers nothing to readers until it was checked for being a master, for being who it was (run id and
 * replication id), for taking writes, for an epoch of its own, and until `beforeOpen` is done. The gate closes on
 * failures in a row, on a broken connection, on a topology that changed or that nobody confirms, on silence longer
 * than `trustMs`, and when another process has recorded other servers as those that take the writes. Then it looks
 * again, until all servers are open.
 */
export class RecoveryGate {
  readonly members: RedisMembers;
  private readonly resolver: TopologyResolver;
  private readonly serverCheck: ServerCheck;
  /** The last epoch known of each node, also over reconnects. */
  private readonly epochs = new Map<string, string | null>();
  /** Recovery belongs to no request, in whose call it may start: it must not take part in that one's transaction. */
  private readonly background = new AsyncResource('RecoveryGate');
  private topologyAskedMs = Number.NEGATIVE_INFINITY;
  private recovering: Promise<void> | undefined;
  private isWanted = false;
  private ended = false;
  private wake: AbortController | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private firstAttempt: (() => void) | undefined;
  /** Why a gate is closed; undefined while all are open. */
  problem: string | undefined = 'not connected yet';

  constructor(
    private readonly target: RedisTarget,
    private readonly space: KeySpace,
    private readonly listener: RedisStoreListener,
    private readonly options: RedisStoreOptions,
    private readonly record?: PrimaryRecord,
  ) {
    this.resolver = resolverFor(target, options);
    this.members = new RedisMembers((node) => this.join(node));
    this.serverCheck = new ServerCheck(this, this.resolver.canMove, options, record);
  }

  get missingFeatures(): readonly string[] {
    return this.serverCheck.missingFeatures;
  }

  get facts(): ServerFacts | undefined {
    return this.serverCheck.facts;
  }

  /** Starts connecting. Resolves after the first attempt, whatever came of it: nobody waits for a server that is unavailable. */
  async start(): Promise<void> {
    this.heartbeat = setInterval(() => void this.beat(), this.options.heartbeatMs);
    this.heartbeat.unref();
    const first = new Promise<void>((resolve) => {
      this.firstAttempt = resolve;
    });
    this.recover();
    await first;
  }

  async close(): Promise<void> {
    this.ended = true;
    clearInterval(this.heartbeat);
    this.wake?.abort();
    for (const { connection } of this.members.all) connection.close();
    this.resolver.close();
    await this.recovering;
  }

  /** Whether the server may be asked now. One that was silent for too long is looked at again. */
  isTrusted(member: Member): boolean {
    if (member.breaker.isOpen) return false;
    const now = performance.now();
    if (now - member.connection.lastReplyMs > this.options.trustMs) {
      this.distrust(member, 'the server was silent for too long');
      return false;
    }
    if (this.resolver.canMove && now - this.topologyAskedMs > this.options.trustMs) {
      this.distrust(member, 'nobody has confirmed lately that the server still takes the writes');
      return false;
    }
    return true;
  }

  /**
   * Compares the term that this process checked its servers in with the one that is recorded now. Where another process
   * has found other servers meanwhile, all gates close.
   */
  async confirmTerm(): Promise<void> {
    if (this.record === undefined) return;
    const current = await this.record.current();
    if (this.serverCheck.term !== undefined && this.recovering === undefined && current !== this.serverCheck.term)
      this.distrustAll(TERM_IS_OVER);
  }

  /** Closes the gate of one server and looks again who it is. */
  distrust(member: Member, reason: string): void {
    this.problem = reason;
    member.breaker.open();
    this.recover();
  }

  /** The epoch of the server where the one that was read is its own; null where it is missing or foreign. */
  judgeEpoch(member: Member, found: string | null): string | null {
    const { connection } = member;
    const judgement = connection.judge(found);
    if (judgement === 'foreign') this.distrust(member, 'the epoch is of another server');
    this.noteEpoch(member);
    return judgement === 'current' ? connection.epoch : null;
  }

  /** Calls the listener when a node's epoch is another than the last one known. */
  noteEpoch({ node, connection }: Member): void {
    const { epoch } = connection;
    if (this.epochs.get(node.id) === epoch) return;
    this.epochs.set(node.id, epoch);
    this.listener.epochChanged();
  }

  unavailable(): StoreUnavailableError {
    return new StoreUnavailableError(this.problem ?? 'the server of this key is unavailable');
  }

  private join(node: TopologyNode): Member {
    const connection = new RedisConnection(node.address, this.target, this.options, () => {
      member.isChecked = false;
      member.breaker.open();
      // A connection that never opened has no gate to close, but must be made again.
      if (this.members.isCurrent(member)) this.recover();
    });
    connection.epochKey = node.hashTag === undefined ? this.space.epochKey : this.space.epochKeyOn(node.hashTag);
    const breaker = new CircuitBreaker(this.options.failuresToOpen, () => this.closed(member));
    const member: Member = { node, connection, breaker, isChecked: false, supportsIfEqual: false };
    return member;
  }

  private closed({ node: { address } }: Member): void {
    if (this.ended) return;
    this.problem ??= `${address.host}:${address.port}: the server does not answer`;
    this.members.recount();
    this.listener.closed(this.problem);
    this.recover();
  }

  private distrustAll(reason: string): void {
    this.problem = reason;
    for (const member of this.members.all) {
      member.isChecked = false;
      member.breaker.open();
    }
    this.recover();
  }

  /** Starts recovery, or asks a running one for another round. */
  private recover(): void {
    if (this.ended) return;
    this.isWanted = true;
    this.wake?.abort();
    this.recovering ??= this.background
      .runInAsyncScope(() => this.recoverUntilWhole())
      .finally(() => {
        this.recovering = undefined;
      });
  }

  private async recoverUntilWhole(): Promise<void> {
    for (let attempt = 0; !this.ended; attempt++) {
      this.isWanted = false;
      try {
        await this.pass();
        if (this.members.isWhole && !this.isWanted) return;
      } catch (error) {
        this.problem = messageOf(error);
      } finally {
        this.firstAttempt?.();
      }
      if (this.ended) return;
      this.wake = new AbortController();
      const delayMs = Math.min(this.options.retryDelayMs, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
      await pause(delayMs, undefined, { signal: this.wake.signal }).catch(() => undefined);
    }
  }

  private async pass(): Promise<void> {
    const topology = await this.resolver.resolve();
    if (this.ended) return;
    this.topologyAskedMs = topology.askedMs;
    this.members.adopt(topology);
    const masterIds = topology.nodes.filter(({ slots }) => slots !== undefined).map(({ id }) => id);
    const closed = this.members.all.filter(({ breaker }) => breaker.isOpen);
    const outcomes = await Promise.allSettled(closed.map((member) => this.serverCheck.check(member, masterIds)));
    if (closed.some((member) => isReady(member))) {
      await this.listener.beforeOpen();
      await this.stillSo();
      for (const member of closed.filter(isReady)) member.breaker.close();
      this.members.recount();
      if (this.members.isWhole) this.problem = undefined;
      if (this.members.isOpen) this.listener.opened(this.serverCheck.facts, this.serverCheck.missingFeatures);
    }
    const problem = outcomes.find((outcome) => outcome.status === 'rejected');
    if (problem !== undefined) throw problem.reason;
  }

  /** Checks take their time: what was asked before them may not hold any more. */
  private async stillSo(): Promise<void> {
    if (this.serverCheck.term !== undefined && (await this.record?.current()) !== this.serverCheck.term)
      throw new StoreUnavailableError(TERM_IS_OVER);
    if (!this.resolver.canMove) return;
    const topology = await this.resolver.resolve();
    if (!this.members.isSame(topology)) throw new StoreUnavailableError('the servers that take writes have changed');
    this.topologyAskedMs = topology.askedMs;
  }

  /** Keeps silent connections trusted, notices a topology that moved, and notices a server that stopped answering. */
  private async beat(): Promise<void> {
    if (this.ended || !this.members.isOpen) return;
    await Promise.all([...this.members.all.map((member) => this.listenTo(member)), this.confirmTopology()]);
  }

  private async listenTo(member: Member): Promise<void> {
    const { connection, breaker } = member;
    const askedMs = performance.now();
    if (!this.isTrusted(member) || askedMs - connection.lastReplyMs < this.options.heartbeatMs * 0.8) return;
    try {
      const found = await connection.check(connection.redis.getBuffer(connection.epochKey));
      connection.noteReply(askedMs);
      breaker.succeeded();
      if (!breaker.isOpen) this.judgeEpoch(member, found?.toString('latin1') ?? null);
    } catch {
      breaker.failed();
    }
  }

  private async confirmTopology(): Promise<void> {
    if (!this.resolver.canMove) return;
    try {
      const topology = await this.resolver.resolve();
      if (!this.members.isSame(topology)) {
        this.problem = 'the servers that take writes have changed';
        for (const member of this.members.all) member.breaker.open();
        this.recover();
      } else {
        this.topologyAskedMs = Math.max(this.topologyAskedMs, topology.askedMs);
      }
    } catch {
      // Nobody could be asked. The last answer holds for `trustMs`.
    }
  }
}

function isReady(member: Member): boolean {
  return member.isChecked && !member.connection.isClosed;
}
