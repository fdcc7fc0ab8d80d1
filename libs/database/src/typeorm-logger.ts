import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

const MAX_REPORTED_SQL = 500;

/**
 * What TypeORM tells, through the logger of the product rather than on standard output. Parameters are left out, since
 * they are content; a failed statement is told by whoever receives its error.
 */
export class TypeormLogger implements Logger {
  private readonly logger = new NestLogger('Database');

  /** Only called for a migration that fails; its error does not name it. */
  logMigration(message: string): void {
    this.logger.error(message);
  }

  /** A connection of the pool that broke while nobody used it comes here. */
  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn(message);
  }

  logQuery(): void {}
  logQueryError(): void {}

  /** The statement alone: its parameters are content. */
  logQuerySlow(ms: number, statement: string): void {
    const reported = statement.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_REPORTED_SQL);
    this.logger.warn(`slow statement, ${Math.round(ms)} ms: ${reported}`);
  }

  logSchemaBuild(): void {}
}
