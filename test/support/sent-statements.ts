import { AsyncLocalStorage } from 'node:async_hooks';
import type { Database } from '#database';

/** How many statements `work` sends. Those that the process sends by the clock meanwhile are not counted. */
export async function statementsOf(database: Database, work: () => Promise<unknown>): Promise<number> {
  const scope = new AsyncLocalStorage<true>();
  const send = database.query.bind(database);
  let sent = 0;
  const query = jest.spyOn(database, 'query').mockImplementation((...statement) => {
    if (scope.getStore() === true) sent++;
    return send(...statement);
  });
  try {
    await scope.run(true, work);
    return sent;
  } finally {
    query.mockRestore();
  }
}
