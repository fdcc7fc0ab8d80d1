/**
 * One row for every object of the schema with its whole definition, in a fixed order: two databases whose rows are
 * equal have the same schema. What PostgreSQL itself and its extensions bring is left out; the extensions are not.
 */
export const SCHEMA_SNAPSHOT = `
  WITH own AS (
    SELECT oid, nspname AS schema FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  ), of_extensions AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
  )
  SELECT 'extension' AS kind, extname::text AS name, '' AS definition FROM pg_extension WHERE extname <> 'plpgsql'
  UNION ALL
  SELECT 'schema', schema::text, '' FROM own WHERE schema <> 'public'
  UNION ALL
  SELECT 'relation', schema || '.' || relname, relkind::text || ' ' || coalesce(array_to_string(reloptions, ','), '')
  FROM pg_class JOIN own ON own.oid = relnamespace
  WHERE relkind <> 'i' AND relkind <> 'I' AND NOT EXISTS (SELECT FROM of_extensions WHERE objid = pg_class.oid)
  UNION ALL
  SELECT 'column', schema || '.' || relname || '.' || attname,
    format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END || attgenerated::text || attidentity::text
      || coalesce(' ' || pg_get_expr(adbin, adrelid), '')
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN own ON own.oid = relnamespace
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm')
    AND NOT EXISTS (SELECT FROM of_extensions WHERE objid = pg_class.oid)
  UNION ALL
  SELECT 'constraint', schema || '.' || relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
  FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid JOIN own ON own.oid = relnamespace
  UNION ALL
  SELECT 'index', schema || '.' || relname, pg_get_indexdef(pg_class.oid)
  FROM pg_class JOIN own ON own.oid = relnamespace WHERE relkind IN ('i', 'I')
  UNION ALL
  SELECT 'trigger', schema || '.' || relname || '.' || tgname, pg_get_triggerdef(pg_trigger.oid)
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN own ON own.oid = relnamespace WHERE NOT tgisinternal
  UNION ALL
  SELECT 'function', schema || '.' || proname || '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')',
    md5(pg_get_functiondef(pg_proc.oid))
  FROM pg_proc JOIN own ON own.oid = pronamespace
  WHERE prokind <> 'a' AND NOT EXISTS (SELECT FROM of_extensions WHERE objid = pg_proc.oid)
  UNION ALL
  SELECT 'type', schema || '.' || typname,
    coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid), '')
  FROM pg_type JOIN own ON own.oid = typnamespace
  WHERE typtype IN ('e', 'd', 'r') AND NOT EXISTS (SELECT FROM of_extensions WHERE objid = pg_type.oid)
  ORDER BY 1, 2, 3`;

export interface SchemaObject {
  readonly kind: string;
  readonly name: string;
  readonly definition: string;
}

/** What may be left when every migration is taken back: the empty table that remembers which were applied. */
export function withoutMigrationHistory(objects: readonly SchemaObject[]): SchemaObject[] {
  return objects.filter(({ name, definition }) => !`${name} ${definition}`.includes('schema_migrations'));
}
