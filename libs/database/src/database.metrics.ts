import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { ScrapedMetrics } from '#observability';

/** The pool of connections as it is at the scrape. */
export class DatabaseMetrics {
  constructor(dataSource: DataSource, metrics: ScrapedMetrics) {
    const { master: pool } = dataSource.driver as unknown as { readonly master: Pool };
    metrics.gauge('database_connections', 'Connections of the pool, by what they do', ['state'], () => [
      [{ state: 'busy' }, pool.totalCount - pool.idleCount],
      [{ state: 'idle' }, pool.idleCount],
    ]);
    metrics.gauge('database_connections_limit', 'Connections that the pool may open', [], () => [
      [{}, pool.options.max],
    ]);
    metrics.gauge('database_waiting_requests', 'Statements that wait for a connection', [], () => [
      [{}, pool.waitingCount],
    ]);
  }
}
