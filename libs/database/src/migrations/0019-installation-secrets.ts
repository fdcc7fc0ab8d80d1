import { defineMigration } from './define-migration.js';

/** Secrets that every process of an installation shares, and that nobody is shown. */
export const InstallationSecretsTable = defineMigration(
  'InstallationSecrets1795000000019',
  `
  CREATE TABLE installation_secrets (
    name text NOT NULL,
    secret bytea NOT NULL,
    CONSTRAINT installation_secrets_pkey PRIMARY KEY (name)
  );
  `,
  `
  DROP TABLE installation_secrets;
  `,
);
