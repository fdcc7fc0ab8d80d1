import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TransactionRunner } from '#database';
import { Clock } from '#kernel';
import { declareJob, HandlesJob, type JobContext } from '#queue';
import { AgentStateChanges } from '../agent-state-changes.js';
import { PostgresAgentStateRepository } from './postgres-agent-state.repository.js';

const BATCH_SIZE = 100;
const SWEEP_SECONDS = 60;

/** Due again soon, so a failed sweep need not be retried long. */
const agentStateExpiry = declareJob({
  name: 'agent-state-expiry',
  payload: z.strictObject({}),
  retryLimit: 1,
  retryDelaySeconds: 5,
  timeoutSeconds: 300,
});

/** Removes the rows of states that have expired: readers did not find them before either. Any number may run at once. */
@Injectable()
export class AgentStateSweeper {
  constructor(
    private readonly states: PostgresAgentStateRepository,
    private readonly changes: AgentStateChanges,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  @HandlesJob(agentStateExpiry, { everySeconds: () => SWEEP_SECONDS })
  async runAsJob(_payload: object, { signal }: JobContext): Promise<void> {
    await this.sweep(signal);
  }

  /** @returns how many states this call removed */
  async sweep(signal: AbortSignal): Promise<number> {
    let removed = 0;
    while (!signal.aborted) {
      const batch = await this.transactions.run(async () => {
        const expired = await this.states.removeExpired(this.clock.now(), BATCH_SIZE);
        for (const state of expired) await this.changes.written(state);
        return expired.length;
      });
      removed += batch;
      if (batch < BATCH_SIZE) break;
    }
    return removed;
  }
}
