import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionRunner } from '../transaction-runner.js';

type Hook = () => Promise<void> | void;

interface FakeTransaction {
  readonly lastWork: (() => Promise<void>)[];
  readonly hooks: Hook[];
}

/** Transactions over fakes that keep nothing back: work joins and hooks wait for the commit, but nothing is rolled back. */
export class FakeTransactionRunner extends TransactionRunner {
  private readonly current = new AsyncLocalStorage<FakeTransaction>();

  /** The transaction of this call chain, as `Database.transaction`. */
  get transaction(): object | undefined {
    return this.current.getStore();
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.current.getStore() !== undefined) return work();
    const own: FakeTransaction = { lastWork: [], hooks: [] };
    const result = await this.current.run(own, async () => {
      const done = await work();
      for (const hook of own.lastWork) await hook();
      return done;
    });
    for (const hook of own.hooks) await hook();
    return result;
  }

  async beforeCommit(hook: () => Promise<void>): Promise<void> {
    const own = this.current.getStore();
    if (own === undefined) await hook();
    else own.lastWork.push(hook);
  }

  async afterCommit(hook: Hook): Promise<void> {
    const own = this.current.getStore();
    if (own === undefined) await hook();
    else own.hooks.push(hook);
  }
}
