import { defineMigration } from './define-migration.js';

/**
 * Texts that were deleted for good, without the texts: keyed hashes of how they look in small letters and in capitals. Those
 * that are rejected are tombstones; of the others an import says that it has brought them back.
 */
export const ForgottenTexts = defineMigration(
  'ForgottenTexts1795000000036',
  `
  CREATE TABLE forgotten_texts (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    small_key bytea NOT NULL CONSTRAINT forgotten_texts_small_check CHECK (octet_length(small_key) = 32),
    capital_key bytea NOT NULL CONSTRAINT forgotten_texts_capital_check CHECK (octet_length(capital_key) = 32),
    is_rejected boolean NOT NULL,
    reason text NOT NULL,
    created_by text,
    created_at timestamptz NOT NULL,
    CONSTRAINT forgotten_texts_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT forgotten_texts_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  );
  CREATE UNIQUE INDEX forgotten_texts_small_idx ON forgotten_texts (workspace_id, project_id, small_key);
  CREATE INDEX forgotten_texts_capital_idx ON forgotten_texts (workspace_id, project_id, capital_key);
  CREATE INDEX forgotten_texts_rejected_idx ON forgotten_texts (workspace_id, project_id, id) WHERE is_rejected;
  `,
  `
  DROP TABLE forgotten_texts;
  `,
);
