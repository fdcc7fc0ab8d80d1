import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { loadConfig } from '#config';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { connectDataSource, dataSourceOptions, openDataSource } from './data-source.js';
import { migrations } from './migrations/index.js';
import { type MigrationObserver, SchemaMigrator, SchemaOutdatedError } from './schema-migrator.js';
import { SCHEMA_SNAPSHOT, type SchemaObject, withoutMigrationHistory } from './testing/schema-snapshot.js';

const names = migrations.map((Migration) => new Migration().name ?? 'unnamed');

describe('the migrations on PostgreSQL', () => {
  let testDatabase: TestDatabase;
  let dataSource: DataSource;
  let migrator: SchemaMigrator;

  const options = (environment: NodeJS.ProcessEnv = {}) =>
    dataSourceOptions(loadConfig({ DATABASE_URL: testDatabase.url, ...environment }).database);
  const snapshot = (): Promise<SchemaObject[]> => dataSource.query(SCHEMA_SNAPSHOT);

  beforeEach(async () => {
    testDatabase = await createTestDatabase({ empty: true });
    dataSource = await connectDataSource(options());
    migrator = new SchemaMigrator(dataSource, false);
  });
  afterEach(async () => {
    await dataSource?.destroy();
    await testDatabase?.drop();
  });

  it('up on empty, down to nothing, and up again to the same schema', async () => {
    const before = await snapshot();
    expect(await migrator.isCurrent()).toBe(false);
    expect(await migrator.up()).toEqual(names);
    expect(await migrator.isCurrent()).toBe(true);
    const schema = await snapshot();
    expect(schema.length).toBeGreaterThan(200);
    expect(await migrator.up()).toEqual([]);

    expect(await migrator.down()).toEqual(names.toReversed());
    expect(withoutMigrationHistory(await snapshot())).toEqual(before);
    expect(await migrator.isCurrent()).toBe(false);

    expect(await migrator.up()).toEqual(names);
    expect(await snapshot()).toEqual(schema);
  });

  it('reports each one as it runs, and that another process has to finish first', async () => {
    const reported: string[] = [];
    const observer: MigrationObserver = {
      waiting: () => reported.push('waiting'),
      began: (name, number, total) => reported.push(`${number}/${total} ${name}`),
      ended: (name, durationMs) => reported.push(`${name} ${typeof durationMs}`),
    };
    const linesOf = (of: readonly string[]) =>
      of.flatMap((name, index) => [`${index + 1}/${of.length} ${name}`, `${name} number`]);
    await new SchemaMigrator(dataSource, false, observer).up();
    expect(reported.splice(0)).toEqual(linesOf(names));
    await new SchemaMigrator(dataSource, false, observer).down(2);
    expect(reported.splice(0)).toEqual(linesOf(names.toReversed().slice(0, 2)));

    const holder = dataSource.createQueryRunner();
    await holder.query('SELECT pg_advisory_lock(7236411)');
    const other = await connectDataSource(options());
    const waiting = new SchemaMigrator(other, false, observer).up();
    await eventually(() => reported.includes('waiting'), { what: 'the one that waits' });
    await holder.query('SELECT pg_advisory_unlock(7236411)');
    await holder.release();
    await waiting;
    await other.destroy();
    expect(reported).toEqual(['waiting', ...linesOf(names.slice(-2))]);
  });

  it('each one takes back exactly what it made', async () => {
    const steps: SchemaObject[][] = [];
    for (const Migration of migrations) {
      steps.push(withoutMigrationHistory(await snapshot()));
      const runner = dataSource.createQueryRunner();
      await new Migration().up(runner);
      await runner.release();
    }
    for (const Migration of migrations.toReversed()) {
      const runner = dataSource.createQueryRunner();
      await new Migration().down(runner);
      await runner.release();
      expect(withoutMigrationHistory(await snapshot())).toEqual(steps.pop());
    }
  });

  it('several processes that start at once migrate once', async () => {
    const others = await Promise.all([1, 2, 3].map(() => connectDataSource(options())));
    try {
      const applied = await Promise.all(others.map((other) => new SchemaMigrator(other, false).up()));
      expect(applied.flat().toSorted()).toEqual(names.toSorted());
      const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM schema_migrations ORDER BY id');
      expect(rows.map(({ name }) => name)).toEqual(names);
    } finally {
      await Promise.all(others.map((other) => other.destroy()));
    }
  });

  it('a process that may not migrate refuses an older schema and takes the present one', async () => {
    const unwilling = options({ DATABASE_MIGRATE: 'false' });
    await expect(openDataSource(unwilling)).rejects.toBeInstanceOf(SchemaOutdatedError);
    await (await openDataSource(options())).destroy();
    await (await openDataSource(unwilling)).destroy();
  });

  it('a migration that fails leaves nothing of itself', async () => {
    await dataSource.query('CREATE TABLE projects (id int)');
    const reported: unknown[] = [];
    Logger.overrideLogger({ log: () => {}, warn: () => {}, error: (message: unknown) => reported.push(message) });
    await expect(migrator.up()).rejects.toThrow('projects');
    expect(reported).toEqual([expect.stringContaining(String(names[1]))]);
    const objects = (await snapshot()).map(({ name }) => name);
    expect(objects).toContain('public.workspaces');
    expect(objects).not.toContain('public.sessions');
    await dataSource.query('DROP TABLE projects');
    expect(await migrator.up()).toEqual(names.slice(1));
  });
});
