import type { FamilySettings } from './cache-family.js';
import { FamilySettingsStore } from './family-settings.js';
import type { SqlExecutor } from './outbox/sql-executor.js';

interface Row {
  readonly family: string;
  readonly settings: FamilySettings;
}

/** Run-time settings in PostgreSQL: the table `cache_family_settings` (family text primary key, settings jsonb, updated_at timestamptz). */
export class SqlFamilySettings extends FamilySettingsStore {
  constructor(private readonly sql: SqlExecutor) {
    super();
  }

  async load(): Promise<ReadonlyMap<string, FamilySettings>> {
    const rows = await this.sql.query<Row>('SELECT family, settings FROM cache_family_settings');
    return new Map(rows.map((row) => [row.family, row.settings]));
  }

  async save(family: string, settings: FamilySettings): Promise<void> {
    if (Object.keys(settings).length === 0) {
      await this.sql.query('DELETE FROM cache_family_settings WHERE family = $1', [family]);
      return;
    }
    await this.sql.query(
      `INSERT INTO cache_family_settings (family, settings) VALUES ($1, $2::jsonb)
       ON CONFLICT (family) DO UPDATE SET settings = excluded.settings, updated_at = clock_timestamp()`,
      [family, JSON.stringify(settings)],
    );
  }
}
