import { defineMigration } from './define-migration.js';

/**
 * Webhooks, and what is to be delivered to each of them: a row an event and webhook, written by the transaction of what the
 * event is about. `seq` is the order of a subject: who writes of one subject does so one after the other. Rows hold ids,
 * no content: what a delivery says of a thing is read when it is made.
 */
export const Webhooks = defineMigration(
  'Webhooks1795000000043',
  `
  CREATE TABLE webhooks (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    project_slug text,
    description text,
    content boolean NOT NULL,
    secret text NOT NULL,
    previous_secret text,
    previous_secret_expires_at timestamptz,
    disabled_at timestamptz,
    disabled_reason text,
    failures integer NOT NULL,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    created_by text,
    revision uuid NOT NULL,
    CONSTRAINT webhooks_pkey PRIMARY KEY (workspace_id, id),
    CONSTRAINT webhooks_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT webhooks_disabled_check CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CONSTRAINT webhooks_previous_check CHECK ((previous_secret IS NULL) = (previous_secret_expires_at IS NULL))
  );

  CREATE TABLE webhook_deliveries (
    workspace_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    event_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    event text NOT NULL,
    subject text NOT NULL,
    data jsonb NOT NULL,
    once text,
    occurred_at timestamptz NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    due_at timestamptz NOT NULL,
    first_attempt_at timestamptz,
    last_attempt_at timestamptz,
    finished_at timestamptz,
    response_status integer,
    failure text,
    duration_ms integer,
    claim uuid,
    claimed_until timestamptz,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (workspace_id, webhook_id, event_id),
    CONSTRAINT webhook_deliveries_webhook_fkey FOREIGN KEY (workspace_id, webhook_id)
      REFERENCES webhooks (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('pending', 'delivered', 'failed')),
    CONSTRAINT webhook_deliveries_finished_check CHECK ((state = 'pending') = (finished_at IS NULL)),
    CONSTRAINT webhook_deliveries_claim_check CHECK ((claim IS NULL) = (claimed_until IS NULL))
  );
  CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (workspace_id, webhook_id, due_at, seq)
    WHERE state = 'pending';
  CREATE INDEX webhook_deliveries_subject_idx ON webhook_deliveries (workspace_id, webhook_id, subject, seq)
    WHERE state = 'pending';
  CREATE INDEX webhook_deliveries_finished_idx ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;
  CREATE UNIQUE INDEX webhook_deliveries_once_idx ON webhook_deliveries (workspace_id, webhook_id, once)
    WHERE once IS NOT NULL;
  CREATE TRIGGER webhooks_forget_idempotent_answers AFTER DELETE ON webhooks
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotent_answers();
  `,
  `
  DROP TABLE webhook_deliveries;
  DROP TABLE webhooks;
  `,
);
