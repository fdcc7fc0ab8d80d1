import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';
import { messageOf } from '#kernel';

/** Any number, the same in every release: it names the lock of migrations among advisory locks. */
const MIGRATION_LOCK = 7_236_411;
const LOCK_POLL_MS = 250;

/** The database does not have migrations of this release, and nobody said to apply them. */
export class SchemaOutdatedError extends Error {
  constructor() {
    super(
      'The schema of the database is older than this release: run `keepsake migrate`, or set DATABASE_MIGRATE=true.',
    );
    this.name = 'SchemaOutdatedError';
  }
}

/** Hears of each migration as it is applied or taken back. */
export interface MigrationObserver {
  /** Another process migrates; this one goes on when that has finished. */
  waiting(): void;
  /** @param number from 1 to `total`, which counts those of this run */
  began(name: string, number: number, total: number): void;
  /** Its statements are done. */
  ended(name: string, durationMs: number): void;
}

const NOBODY: MigrationObserver = { waiting() {}, began() {}, ended() {} };

/**
 * Moves the schema up and down. Several processes may call it at once: on PostgreSQL an advisory lock lets one
 * work while the others wait, however long that takes; the embedded database has one process by its own lock.
 */
export class SchemaMigrator {
  constructor(
    private readonly dataSource: DataSource,
    private readonly embedded: boolean,
    private readonly observer: MigrationObserver = NOBODY,
  ) {}

  /**
   * Names of the migrations that were applied now, oldest first.
   * @throws MissingGrantsError before the first, where the role may not make what they need
   */
  async up(): Promise<string[]> {
    // The usual start has nothing to do, and needs no lock to know it.
    if (await this.isCurrent()) return [];
    const grants = this.embedded ? [] : await findMissingGrants(this.dataSource);
    if (grants.length > 0) throw new MissingGrantsError(grants);
    return this.alone(() => this.applyPending());
  }

  /**
   * Takes back the last `steps` migrations; all of them by default. Data in their tables is lost.
   * @returns the names of those taken back, newest first.
   */
  async down(steps = Number.POSITIVE_INFINITY): Promise<string[]> {
    return this.alone(async () => {
      const applied = (await this.applied()).toReversed().slice(0, steps);
      for (const [index, name] of applied.entries())
        await this.reported(name, index + 1, applied.length, () => this.dataSource.undoLastMigration());
      return applied;
    });
  }

  /** Whether every migration of this release is applied. */
  async isCurrent(): Promise<boolean> {
    const applied = new Set(await this.applied());
    return this.dataSource.migrations.every(({ name }) => name !== undefined && applied.has(name));
  }

  private async applyPending(): Promise<string[]> {
    const runner = this.dataSource.createQueryRunner();
    const executor = new MigrationExecutor(this.dataSource, runner);
    try {
      const pending = await executor.getPendingMigrations();
      for (const [index, migration] of pending.entries())
        await this.reported(migration.name, index + 1, pending.length, () => applyWhole(runner, executor, migration));
      return pending.map(({ name }) => name);
    } finally {
      await runner.release();
    }
  }

  private async reported<Result>(
    name: string,
    number: number,
    total: number,
    work: () => Promise<Result>,
  ): Promise<Result> {
    this.observer.began(name, number, total);
    const startedAtMs = performance.now();
    const result = await work();
    this.observer.ended(name, Math.round(performance.now() - startedAtMs));
    return result;
  }

  private async applied(): Promise<string[]> {
    const [table] = await this.dataSource.query<{ name: string | null }[]>(
      "SELECT to_regclass('schema_migrations') AS name",
    );
    if (table?.name == null) return [];
    const rows = await this.dataSource.query<{ name: string }[]>(
      'SELECT name FROM schema_migrations ORDER BY timestamp',
    );
    return rows.map(({ name }) => name);
  }

  private async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.embedded) return work();
    const holder = this.dataSource.createQueryRunner();
    try {
      await lock(holder, () => this.observer.waiting());
      return await work();
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await holder.release();
    }
  }
}

/** One that fails leaves nothing of itself. */
async function applyWhole(runner: QueryRunner, executor: MigrationExecutor, migration: Migration): Promise<void> {
  try {
    await runner.startTransaction();
    await executor.executeMigration(migration);
    await runner.commitTransaction();
  } catch (error) {
    runner.dataSource.logger.logMigration(`Migration "${migration.name}" failed, error: ${messageOf(error)}`);
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** Asks again and again: a statement that waits would be ended by the time limit of statements. */
async function lock(holder: QueryRunner, waiting: () => void): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const [row] = (await holder.query('SELECT pg_try_advisory_lock($1) AS locked', [MIGRATION_LOCK])) as {
      locked: boolean;
    }[];
    if (row?.locked === true) return;
    if (attempt === 0) waiting();
    await sleep(LOCK_POLL_MS);
  }
}

/** The role of the connection may not make what the schema needs. The message says what to run. */
export class MissingGrantsError extends Error {
  constructor(grants: readonly string[]) {
    super(`The role may not make the schema. Run as a superuser: ${grants.join('; ')}`);
    this.name = 'MissingGrantsError';
  }
}

/**
 * What a superuser must run so that the role of the connection can make the schema: tables where its search path leads,
 * and, until they are there, the schema of the job queue and the extension for misspelt words.
 */
export async function findMissingGrants(dataSource: DataSource): Promise<string[]> {
  const [row] = await dataSource.query<{ create_in_database: string | null; create_in_schema: string | null }[]>(`
    SELECT
      CASE WHEN NOT has_database_privilege(current_database(), 'CREATE')
          AND NOT (to_regnamespace('pgboss') IS NOT NULL
            AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'))
        THEN format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user) END AS create_in_database,
      CASE WHEN current_schema() IS NULL
        THEN format('CREATE SCHEMA AUTHORIZATION %I (no schema of the search path %s is there for it)',
          current_user, current_setting('search_path'))
        WHEN NOT has_schema_privilege(current_schema(), 'CREATE')
        THEN format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', current_schema(), current_user) END AS create_in_schema`);
  return [row?.create_in_database, row?.create_in_schema].filter((grant) => grant != null);
}
