import { defineMigration } from './define-migration.js';

/** What stored answers to idempotent requests refer to. Whoever stores texts adds its table. */
const TABLES = ['contexts', 'sessions', 'session_entries', 'handovers'];

/** A stored answer is removed with the first thing that it refers to, however that is deleted. */
export const AnswersWithWhatTheyCreated = defineMigration(
  'AnswersWithWhatTheyCreated1795000000020',
  `
  ALTER TABLE idempotency_keys ADD COLUMN referenced_ids uuid[] NOT NULL DEFAULT '{}';
  CREATE INDEX idempotency_keys_referenced_ids_idx ON idempotency_keys USING gin (referenced_ids);

  CREATE FUNCTION forget_idempotent_answers() RETURNS trigger LANGUAGE plpgsql AS $function$
  BEGIN
    DELETE FROM idempotency_keys AS kept
    WHERE kept.referenced_ids && ARRAY(SELECT id FROM gone) AND kept.workspace_id IN (SELECT workspace_id FROM gone);
    RETURN NULL;
  END
  $function$;
  ${TABLES.map(
    (table) => `
  CREATE TRIGGER ${table}_forget_idempotent_answers AFTER DELETE ON ${table}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotent_answers();`,
  ).join('')}
  `,
  `
  ${TABLES.map((table) => `DROP TRIGGER ${table}_forget_idempotent_answers ON ${table};`).join('\n  ')}
  DROP FUNCTION forget_idempotent_answers();
  DROP INDEX idempotency_keys_referenced_ids_idx;
  ALTER TABLE idempotency_keys DROP COLUMN referenced_ids;
  `,
);
