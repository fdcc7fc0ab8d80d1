import { defineMigration } from './define-migration.js';

/** What stored answers to idempotent requests refer to. */
const TABLES = ['conversations', 'projects'];

/**
 * A stored answer is removed with the conversations, messages and projects that it refers to, too. One that counts what is
 * in conversations, without naming it, is removed with the first message of them that is deleted.
 */
export const AnswersWithMessages = defineMigration(
  'AnswersWithMessages1795000000045',
  `
  ALTER TABLE idempotency_keys ADD COLUMN counted_ids uuid[] NOT NULL DEFAULT '{}';
  CREATE INDEX idempotency_keys_counted_ids_idx ON idempotency_keys USING gin (counted_ids);

  CREATE FUNCTION forget_idempotent_answers_of_messages() RETURNS trigger LANGUAGE plpgsql AS $function$
  BEGIN
    DELETE FROM idempotency_keys AS kept
    WHERE (kept.referenced_ids && ARRAY(SELECT id FROM gone) OR kept.counted_ids && ARRAY(SELECT DISTINCT conversation_id FROM gone))
      AND kept.workspace_id IN (SELECT workspace_id FROM gone);
    RETURN NULL;
  END
  $function$;
  CREATE TRIGGER messages_forget_idempotent_answers AFTER DELETE ON messages
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotent_answers_of_messages();
  ${TABLES.map(
    (table) => `
  CREATE TRIGGER ${table}_forget_idempotent_answers AFTER DELETE ON ${table}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotent_answers();`,
  ).join('')}
  `,
  `
  ${TABLES.map((table) => `DROP TRIGGER ${table}_forget_idempotent_answers ON ${table};`).join('\n  ')}
  DROP TRIGGER messages_forget_idempotent_answers ON messages;
  DROP FUNCTION forget_idempotent_answers_of_messages();
  DROP INDEX idempotency_keys_counted_ids_idx;
  ALTER TABLE idempotency_keys DROP COLUMN counted_ids;
  `,
);
