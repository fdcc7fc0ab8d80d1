import { defineMigration } from './define-migration.js';

/** What stored answers to idempotent requests refer to. */
const TABLES = ['agent_states', 'agent_checkpoints'];

/**
 * States of agents and their checkpoints. An agent's row gives out the versions of its state under its lock, and stays
 * when the state goes: no version comes again. Values are JSON as text, since `jsonb` would not keep the order of names.
 */
export const AgentStates = defineMigration(
  'AgentStates1795000000027',
  `
  CREATE TABLE agents (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    last_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT agents_pkey PRIMARY KEY (workspace_id, project_id, name),
    CONSTRAINT agents_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE
  );

  CREATE TABLE agent_states (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    agent text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    value text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    revision uuid NOT NULL,
    CONSTRAINT agent_states_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT agent_states_agent_key UNIQUE (workspace_id, project_id, agent),
    CONSTRAINT agent_states_agent_fkey FOREIGN KEY (workspace_id, project_id, agent)
      REFERENCES agents (workspace_id, project_id, name) ON DELETE CASCADE
  );
  CREATE INDEX agent_states_expiry_idx ON agent_states (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE agent_checkpoints (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    agent text COLLATE "C" NOT NULL,
    name text NOT NULL,
    parent_id uuid,
    version integer NOT NULL,
    value text NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT agent_checkpoints_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT agent_checkpoints_agent_fkey FOREIGN KEY (workspace_id, project_id, agent)
      REFERENCES agents (workspace_id, project_id, name) ON DELETE CASCADE,
    CONSTRAINT agent_checkpoints_parent_fkey FOREIGN KEY (workspace_id, parent_id)
      REFERENCES agent_checkpoints (workspace_id, id) ON DELETE SET NULL (parent_id) DEFERRABLE INITIALLY DEFERRED
  );
  CREATE INDEX agent_checkpoints_agent_idx ON agent_checkpoints (workspace_id, project_id, agent, id);
  CREATE INDEX agent_checkpoints_parent_idx ON agent_checkpoints (workspace_id, parent_id) WHERE parent_id IS NOT NULL;
  ${TABLES.map(
    (table) => `
  CREATE TRIGGER ${table}_forget_idempotent_answers AFTER DELETE ON ${table}
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotent_answers();`,
  ).join('')}
  `,
  `
  DROP TABLE agent_checkpoints;
  DROP TABLE agent_states;
  DROP TABLE agents;
  `,
);
