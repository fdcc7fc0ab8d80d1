import type { MigrationClass } from './define-migration.js';
import { Platform } from './0001-platform.js';
import { Projects } from './0002-projects.js';
import { Search } from './0006-search.js';

/** The history of the schema, oldest first. */
export const migrations: MigrationClass[] = [Platform, Projects, Search];
