import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { SqlExecutor } from './sql-executor.js';

const CHANNEL = 'cache_invalidations';
const RETRY_MS = 1_000;

/** How a writer in need wakes the relays of other processes: NOTIFY, and one listening connection per process. */
export class CallChannel {
  private readonly logger = new Logger('Cache');
  private client: pg.Client | undefined;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param databaseUrl of an outside PostgreSQL; the embedded one has no notifications between sessions. */
  constructor(private readonly databaseUrl: string) {}

  async call(sql: SqlExecutor): Promise<void> {
    await sql.query('SELECT pg_notify($1, $2)', [CHANNEL, '']);
  }

  /** Listens until closed, connecting again when the connection is lost. */
  listen(listener: () => void): void {
    if (this.closed) return;
    const client = new pg.Client({ connectionString: this.databaseUrl, application_name: 'keepsake cache relay', keepAlive: true });
    this.client = client;
    const retry = (reason: string): void => {
      if (this.closed || this.client !== client) return;
      this.client = undefined;
      client.end().catch(() => undefined);
      this.logger.warn(`The relay lost its notifications (${reason}); it polls meanwhile.`);
      this.timer = setTimeout(() => this.listen(listener), RETRY_MS);
      this.timer.unref();
    };
    client.on('error', (error) => retry(error.message));
    client.on('end', () => retry('the connection ended'));
    client.on('notification', listener);
    client.connect().then(
      () => client.query(`LISTEN ${CHANNEL}`).then(listener, (error: Error) => retry(error.message)),
      (error: Error) => retry(error.message),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}
