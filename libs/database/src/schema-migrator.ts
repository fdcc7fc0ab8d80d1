import type { DataSource } from 'typeorm';

/** Any number, the same in every release: it names the lock of migrations among advisory locks. */
const MIGRATION_LOCK = 7_236_411;

/**
 * Moves the schema up and down. Several processes may call it at once: on PostgreSQL an advisory lock lets one
 * work while the others wait; the embedded database has one process by its own lock.
 */
export class SchemaMigrator {
  constructor(
    private readonly dataSource: DataSource,
    private readonly embedded: boolean,
  ) {}

  /** Names of the migrations that were applied now, oldest first. */
  async up(): Promise<string[]> {
    return this.alone(async () => (await this.dataSource.runMigrations()).map((migration) => migration.name));
  }

  /** Takes back the last `steps` migrations; all of them by default. Data in their tables is lost. */
  async down(steps = Number.POSITIVE_INFINITY): Promise<void> {
    await this.alone(async () => {
      const applied = await this.appliedCount();
      for (let step = 0; step < Math.min(steps, applied); step++) await this.dataSource.undoLastMigration();
    });
  }

  async isCurrent(): Promise<boolean> {
    return !(await this.dataSource.showMigrations());
  }

  private async appliedCount(): Promise<number> {
    const [row] = await this.dataSource.query<{ count: string }[]>('SELECT count(*) FROM schema_migrations');
    return Number(row?.count ?? 0);
  }

  private async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.embedded) return work();
    const holder = this.dataSource.createQueryRunner();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      return await work();
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await holder.release();
    }
  }
}
