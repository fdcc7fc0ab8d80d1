import { setTimeout as pause } from 'node:timers/promises';
import { HIDDEN_IDENTITY, serverIdentity } from '../../protocol/epoch.js';
import { StoreUnavailableError } from '../shared-store.js';
import type { PrimaryRecord, PrimaryTerm } from './primary-record.js';
import type { Member, RedisMembers } from './redis-members.js';
import type { RedisStoreOptions } from './redis-store-options.js';
import { missingFeaturesOf, refusalOf, type ServerFacts, supportsIfEqual } from './server-facts.js';

export const TERM_IS_OVER = 'other servers were recorded meanwhile as those that take the writes';

/** The gate that a check is for. */
interface CheckedGate {
  readonly members: RedisMembers;
  /** Closes the gate of one server. */
  distrust(member: Member, reason: string): void;
  noteEpoch(member: Member): void;
}

/** The check of a server before its gate opens. */
export class ServerCheck {
  /** The term in which the servers were last checked; undefined without a record, and before the first check. */
  term: string | undefined;
  missingFeatures: readonly string[] = [];
  facts: ServerFacts | undefined;

  /** @param canMove whether other servers may take the writes one day: a Sentinel set or a Cluster */
  constructor(
    private readonly gate: CheckedGate,
    private readonly canMove: boolean,
    private readonly options: RedisStoreOptions,
    private readonly record?: PrimaryRecord,
  ) {}

  /** Who answers, may it answer, and under which epoch. Closes the connection where it may not. */
  async check(member: Member, masterIds: readonly string[]): Promise<void> {
    const { connection } = member;
    member.isChecked = false;
    try {
      if (connection.redis.status === 'wait') await connection.connect();
      const facts = await this.inspect(member, masterIds);
      const term = await this.agree(member, facts, masterIds);
      const isRenewed = term?.ageMs === undefined || term.renewed.includes(member.node.id);
      const isNew = this.canMove && !(isRenewed && (await connection.hasOwnEpoch()));
      const waitMs = Math.max(
        isNew ? this.options.handOverMs : 0,
        term?.ageMs === undefined ? 0 : this.options.termSettleMs - term.ageMs,
      );
      if (waitMs > 0) {
        await pause(waitMs);
        await this.inspect(member, masterIds);
      }
      this.facts = facts;
      this.missingFeatures = missingFeaturesOf(facts);
      member.supportsIfEqual = supportsIfEqual(facts);
      // A server that refuses deletions must not be read: nothing could be invalidated on it.
      await connection.check(connection.redis.unlink(`${connection.epochKey}:none`));
      await connection.settleEpoch(!isRenewed);
      if (term !== undefined && !isRenewed) await this.record?.noteRenewed(term.term, member.node.id);
      this.gate.noteEpoch(member);
      connection.lastReplyMs = performance.now();
      member.isChecked = true;
    } catch (error) {
      connection.close();
      throw connection.explain(error);
    }
  }

  /**
   * Records that these servers take the writes. A term that is new to this process closes the gates of the servers that
   * were checked in another one. Where INFO is hidden servers look the same: every reconnect makes a new epoch.
   */
  private async agree(
    member: Member,
    { runId, replicationId }: ServerFacts,
    masterIds: readonly string[],
  ): Promise<PrimaryTerm | undefined> {
    if (this.record === undefined) return undefined;
    const isHidden = runId === undefined || replicationId === undefined;
    const servers = isHidden
      ? [HIDDEN_IDENTITY]
      : masterIds.length > 0
        ? [...masterIds].sort()
        : [runId, replicationId];
    const term = await this.record.agree(servers.join(' '));
    if (this.term !== term.term) {
      this.term = term.term;
      for (const other of this.gate.members.all) {
        if (other !== member && other.isChecked) this.gate.distrust(other, TERM_IS_OVER);
        if (other !== member) other.isChecked = false;
      }
    }
    return term;
  }

  private async inspect({ connection }: Member, masterIds: readonly string[]): Promise<ServerFacts> {
    const facts = await connection.inspect();
    const refusal = refusalOf(facts, masterIds.length > 0);
    if (refusal !== undefined) throw new StoreUnavailableError(refusal);
    const { runId, replicationId } = facts;
    const isHidden = runId === undefined || replicationId === undefined;
    connection.identity = isHidden ? HIDDEN_IDENTITY : serverIdentity(runId, replicationId, masterIds);
    return facts;
  }
}
