import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionRunner } from '../transaction-runner.js';

type Hook = () => Promise<void> | void;

/** Transactions over fakes that keep nothing back: work joins and hooks wait for the commit, but nothing is rolled back. */
export class FakeTransactionRunner extends TransactionRunner {
  private readonly hooks = new AsyncLocalStorage<Hook[]>();

  /** The transaction of this call chain, as `Database.transaction`. */
  get transaction(): object | undefined {
    return this.hooks.getStore();
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.hooks.getStore() !== undefined) return work();
    const hooks: Hook[] = [];
    const result = await this.hooks.run(hooks, work);
    for (const hook of hooks) await hook();
    return result;
  }

  async afterCommit(hook: Hook): Promise<void> {
    const waiting = this.hooks.getStore();
    if (waiting === undefined) await hook();
    else waiting.push(hook);
  }
}
