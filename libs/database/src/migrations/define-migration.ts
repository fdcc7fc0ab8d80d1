import type { MigrationInterface, QueryRunner } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;

/**
 * A migration written as SQL. `name` ends in a 13-digit number that orders it; a released migration is never
 * changed. `up` and `down` each run in one transaction, so neither may hold a statement that refuses one.
 */
export function defineMigration(name: string, up: string, down: string): MigrationClass {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      await unlimited(runner);
      await runner.query(up);
    }

    async down(runner: QueryRunner): Promise<void> {
      await unlimited(runner);
      await runner.query(down);
    }
  };
}

/** A change of a large table takes its time; the limit on statements is for requests. */
async function unlimited(runner: QueryRunner): Promise<void> {
  await runner.query('SET LOCAL statement_timeout = 0');
}
