import type { DataSource } from 'typeorm';

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
