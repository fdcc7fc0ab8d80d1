import { DomainError } from '#kernel';
import type { TransactionRunner } from './transaction-runner.js';

const ATTEMPTS = 5;

/**
 * Reads more than one statement's worth as it was at one moment.
 *
 * On PostgreSQL it is one transaction that sees a snapshot. The embedded database has one connection, which such a
 * transaction would keep from everybody: there the work reads statement by statement between two looks at a mark of
 * what it reads, and is done again where the marks differ. See ADR 54.
 */
export class Snapshots {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly hasOneConnection: boolean,
  ) {}

  /**
   * @param mark differs whenever anything that `work` reads has changed; not asked where it is not needed
   * @param work may be run several times: only the last one counts
   * @throws DomainError `project-busy` where it changed each time
   */
  async read<Result>(mark: () => Promise<string>, work: () => Promise<Result>): Promise<Result> {
    if (!this.hasOneConnection) return this.transactions.run(work, { snapshot: true });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await mark();
      const result = await work();
      if ((await mark()) === before) return result;
    }
    throw new DomainError({
      code: 'project-busy',
      kind: 'unavailable',
      detail: 'The project is written to all the time, and could not be read as it is at one moment. Try again later.',
      retryAfterSeconds: 10,
    });
  }
}
