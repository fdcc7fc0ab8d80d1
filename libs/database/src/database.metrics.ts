import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { ScrapedMetrics } from '#observability';

/** The pool of connections as it is at the scrape. */
export class DatabaseMetrics {
  constructor(dataSource: DataSource, metrics: ScrapedMetrics) {
    const { master: pool } = dataSource.driver as unknown as { readonly master: Pool };
    metrics.gauge('database_connections', 'Connections of the pool, by what they do', () => [
      [{ state: 'busy' }, pool.totalCount - pool.idleCount],
      [{ state: 'idle' }, pool.idleCount],
    ]);
    metrics.gauge('database_connections_limit', 'Connections that the pool may open', () => [[{}, pool.options.max]]);
    // A request that was made just now counts as waiting in the pool, until it is given a connection that is free.
    const isFull = () => pool.totalCount >= pool.options.max && pool.idleCount === 0;
    metrics.gauge('database_waiting_requests', 'Statements that wait for a connection, all being busy', () => [
      [{}, isFull() ? pool.waitingCount : 0],
    ]);
  }
}
