import type { MigrationClass } from './define-migration.js';
import { Platform } from './0001-platform.js';

/** The history of the schema, oldest first. */
export const migrations: MigrationClass[] = [Platform];
