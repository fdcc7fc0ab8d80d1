import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

/**
 * What TypeORM tells, through the logger of the product rather than on standard output. Statements are left out, since
 * their parameters are content; a failed one is told by whoever receives its error.
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
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
}
