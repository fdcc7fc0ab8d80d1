import type { HealthPart, HealthRegistry, HealthSource } from '#observability';
import type { Database } from './database.js';

/** Whether the database answers a statement now. */
export class DatabaseHealth implements HealthSource {
  readonly name = 'database';
  readonly requiredForReady = true;

  constructor(
    private readonly database: Database,
    registry: HealthRegistry,
  ) {
    registry.register(this);
  }

  async check(): Promise<HealthPart> {
    await this.database.query('SELECT 1');
    return { status: 'up' };
  }
}
