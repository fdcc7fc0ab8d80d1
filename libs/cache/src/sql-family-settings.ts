import type { FamilySettings, FamilySettingsPatch } from './cache-family.js';
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

  async merge(family: string, patch: FamilySettingsPatch): Promise<void> {
    await this.sql.query(
      `INSERT INTO cache_family_settings AS s (family, settings) VALUES ($1, jsonb_strip_nulls($2::jsonb))
       ON CONFLICT (family) DO UPDATE
         SET settings = jsonb_strip_nulls(s.settings || $2::jsonb), updated_at = clock_timestamp()`,
      [family, JSON.stringify(patch)],
    );
  }

  async remove(family: string): Promise<void> {
    await this.sql.query('DELETE FROM cache_family_settings WHERE family = $1', [family]);
  }
}
