import { defineMigration } from './define-migration.js';

/**
 * Vectors of contexts, each naming the model it is of, and what embedding has cost.
 *
 * A vector is an array of float4, so that the table is the same with and without pgvector. Where pgvector is, an index
 * of one model over the array's cast to halfvec serves the searches; it is made at run time, since the length of the
 * vectors belongs to the model. Rows stay in their page up to 2,000 dimensions: every search reads them whole, and
 * floats don't compress.
 *
 * On the way down pgvector goes unless somebody else uses it.
 */
export const Embeddings = defineMigration(
  'Embeddings1795000000009',
  `
  DO $$
  BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
      CREATE EXTENSION IF NOT EXISTS vector;
    END IF;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pgvector is installed but this role may not create it: a superuser can, with CREATE EXTENSION vector';
  END
  $$;

  CREATE TABLE context_vectors (
    workspace_id uuid NOT NULL,
    project_id uuid NOT NULL,
    context_id uuid NOT NULL,
    model text COLLATE "C" NOT NULL,
    passage integer NOT NULL,
    embedding real[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT context_vectors_pkey PRIMARY KEY (workspace_id, context_id, model, passage),
    CONSTRAINT context_vectors_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_vectors_project_fkey FOREIGN KEY (workspace_id, project_id)
      REFERENCES projects (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT context_vectors_embedding_check CHECK (cardinality(embedding) > 0)
  ) WITH (toast_tuple_target = 8160);
  ALTER TABLE context_vectors ALTER COLUMN embedding SET STORAGE EXTERNAL;
  CREATE INDEX context_vectors_project_idx ON context_vectors (workspace_id, project_id, model, context_id);
  CREATE INDEX context_vectors_model_idx ON context_vectors (model, workspace_id, context_id);

  CREATE TABLE context_vector_refusals (
    workspace_id uuid NOT NULL,
    context_id uuid NOT NULL,
    model text COLLATE "C" NOT NULL,
    detail text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT context_vector_refusals_pkey PRIMARY KEY (workspace_id, context_id, model),
    CONSTRAINT context_vector_refusals_context_fkey FOREIGN KEY (workspace_id, context_id)
      REFERENCES contexts (workspace_id, id) ON DELETE CASCADE
  );

  CREATE TABLE embedding_models (
    model text COLLATE "C" NOT NULL,
    dimensions integer NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT embedding_models_pkey PRIMARY KEY (model)
  );

  CREATE TABLE embedding_usage (
    workspace_id uuid NOT NULL,
    provider text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    day date NOT NULL,
    calls bigint NOT NULL,
    cached_calls bigint NOT NULL,
    texts bigint NOT NULL,
    cached_texts bigint NOT NULL,
    tokens bigint NOT NULL,
    saved_tokens bigint NOT NULL,
    cost_usd numeric NOT NULL,
    saved_usd numeric NOT NULL,
    CONSTRAINT embedding_usage_pkey PRIMARY KEY (workspace_id, provider, model, day),
    CONSTRAINT embedding_usage_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
  );
  `,
  `
  DROP TABLE embedding_usage;
  DROP TABLE embedding_models;
  DROP TABLE context_vector_refusals;
  DROP TABLE context_vectors;
  DO $$
  BEGIN
    DROP EXTENSION IF EXISTS vector;
  EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    RAISE NOTICE 'pgvector stays: it is not ours to remove';
  END
  $$;
  `,
);
