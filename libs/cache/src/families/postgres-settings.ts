import type { FamilySettings, FamilySettingsPatch } from './family.js';
import { type AllowChange, FamilySettingsStore, type StoredFamilySettings } from './family-settings.js';
import type { SqlExecutor } from '../outbox/sql-executor.js';

interface Row {
  readonly family: string;
  readonly settings: FamilySettings;
  /** That of PostgreSQL: every update of a row has another one. */
  readonly revision: string;
}

/** Run-time settings in PostgreSQL: the table `cache_family_settings` (family text primary key, settings jsonb, updated_at timestamptz). */
export class PostgresFamilySettings extends FamilySettingsStore {
  /** @param inTransaction runs work in one transaction that the executor takes part in */
  constructor(
    private readonly sql: SqlExecutor,
    private readonly inTransaction: (work: () => Promise<void>) => Promise<void>,
  ) {
    super();
  }

  async load(): Promise<ReadonlyMap<string, StoredFamilySettings>> {
    const rows = await this.sql.query<Row>(
      'SELECT family, settings, xmin::text AS revision FROM cache_family_settings',
    );
    return new Map(rows.map(({ family, settings, revision }) => [family, { settings, revision }]));
  }

  change(family: string, patch: FamilySettingsPatch | undefined, allow: AllowChange): Promise<void> {
    return this.inTransaction(async () => {
      // There may be no row to lock.
      await this.sql.query('LOCK TABLE cache_family_settings IN SHARE ROW EXCLUSIVE MODE');
      const [row] = await this.sql.query<Pick<Row, 'revision'>>(
        'SELECT xmin::text AS revision FROM cache_family_settings WHERE family = $1',
        [family],
      );
      allow(row?.revision);
      // An empty row stays, so that the revision never comes again.
      await this.sql.query(
        `INSERT INTO cache_family_settings AS s (family, settings) VALUES ($1, jsonb_strip_nulls($2::jsonb))
         ON CONFLICT (family) DO UPDATE
           SET settings = CASE WHEN $3 THEN '{}'::jsonb ELSE jsonb_strip_nulls(s.settings || $2::jsonb) END,
               updated_at = clock_timestamp()`,
        [family, JSON.stringify(patch ?? {}), patch === undefined],
      );
    });
  }
}
