import { createHash } from 'node:crypto';
import type { Priority } from '#context';
import type { Database } from '#database';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import { LITERAL_PREFIX } from '../analysis/literals.js';
import { type AnalysisOptions, analysisOptionsOf, ANALYSIS_VERSION, wordsOfName } from '../analysis/words.js';
import { dampingOf, roleWeightOf } from '../ranking/boosts.js';
import type { Place, SearchDocument } from '../search.js';
import { type AnalysedDocument, type ChangedPiece, KeywordIndex } from './keyword-index.js';

/** Of a document, over its terms: literals are found, but a text of many signs is no longer for them. */
const LENGTH = `coalesce(sum(frequency) FILTER (WHERE NOT starts_with(term, '${LITERAL_PREFIX}')), 0)::integer`;

/**
 * $1 workspace, $2 ids, $3 projects, $4 kinds, $5 labels (parallel). Locks what it finds, so that the statements that
 * follow see its postings as the last writer left them.
 */
const replacedDocuments = `
  SELECT document.id
  FROM (
    SELECT id FROM unnest($2::uuid[]) AS given (given_id)
      CROSS JOIN LATERAL (SELECT id FROM search_documents WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS same
    UNION
    SELECT id FROM unnest($3::uuid[], $4::text[], $5::text[]) AS given (given_project, given_kind, given_label)
      CROSS JOIN LATERAL (
        SELECT id FROM search_documents
        WHERE workspace_id = $1 AND project_id = given_project AND kind = given_kind AND label = given_label OFFSET 0) AS same
    ORDER BY id
  ) AS found
    CROSS JOIN LATERAL (SELECT id FROM search_documents WHERE workspace_id = $1 AND id = found.id FOR UPDATE) AS document`;

/**
 * $1 analysis, $2 limit. Locks what it finds, passing over what others have locked. Where something stands is asked of what it is,
 * since older releases have not kept it.
 */
const staleDocuments = `
  SELECT workspace_id, project_id, id, kind, label, version, priority, tags, session_id, created_at, (
    SELECT string_agg(text, '' ORDER BY position) FROM search_segments AS s
    WHERE s.workspace_id = document.workspace_id AND s.document_id = document.id AND position > 0) AS text,
    coalesce(conversation_id, CASE kind WHEN 'entry' THEN session_id END) AS thread_id,
    coalesce(seq, CASE kind WHEN 'entry' THEN (
      SELECT count(*)::integer FROM session_entries AS e
      WHERE e.workspace_id = document.workspace_id AND e.session_id = document.session_id
        AND e.project_id = document.project_id AND e.id <= document.id) END) AS number,
    message.role, message.name
  FROM search_documents AS document
    LEFT JOIN LATERAL (
      SELECT conversation_id, seq, role, name FROM messages AS m
      WHERE m.workspace_id = document.workspace_id AND m.id = document.id OFFSET 0) AS message ON kind = 'message'
  WHERE analysis <> $1
  LIMIT $2
  FOR UPDATE OF document SKIP LOCKED`;

/** Which terms each passage of `segment` holds, and how long it is; the same for what the index does not hold. */
export const occurrencesIn = (segment: string) => `
  occurrence AS MATERIALIZED (
    SELECT document_id, term, passage, sum(frequency)::integer AS frequency FROM (
      SELECT document_id, lexeme AS term, first_passage AS passage, cardinality(positions) AS frequency
      FROM ${segment} CROSS JOIN LATERAL unnest(vector) WHERE cardinality(starts) = 1
      UNION ALL
      SELECT document_id, lexeme, first_passage + (width_bucket(place::integer, starts) - 1) % (cardinality(starts) / 2), 1
      FROM ${segment} CROSS JOIN LATERAL unnest(vector) CROSS JOIN LATERAL unnest(positions) AS place
      WHERE cardinality(starts) > 1) AS held
    GROUP BY document_id, term, passage
  ), size AS MATERIALIZED (
    SELECT document_id, passage, ${LENGTH} AS length FROM occurrence GROUP BY document_id, passage
  )`;

/**
 * $1 workspace, $2 language, $3 analysis, $4 documents (JSON), $5 ids, $6 positions, $7 texts, $8 words, $9 first passages and
 * $10 starts of the segments (parallel). A document that is there already is only analysed again. A session that was deleted
 * meanwhile is left out.
 */
const documentInsert = `
  WITH document AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($4::jsonb) AS d (
      id uuid, project_id uuid, kind text, label text, version integer, priority text, tags text[], session_id uuid,
      created_at timestamptz, passages integer, factor real, position bigint, role text, author text)
  ), segment AS MATERIALIZED (
    SELECT document_id, position, text, to_tsvector($2::regconfig, words) AS vector, first_passage, starts::integer[] AS starts
    FROM unnest($5::uuid[], $6::integer[], $7::text[], $8::text[], $9::integer[], $10::text[])
      AS s (document_id, position, text, words, first_passage, starts)
  ), author AS MATERIALIZED (
    SELECT id AS document_id, lexeme AS term
    FROM document CROSS JOIN LATERAL unnest(to_tsvector($2::regconfig, author)) WHERE author IS NOT NULL
  ), ${occurrencesIn('segment')}, stored_document AS (
    INSERT INTO search_documents (workspace_id, project_id, id, kind, label, version, priority, tags, session_id, length,
      analysis, created_at, passages, position, role, author_terms)
    SELECT $1, project_id, id, kind, label, version, priority, tags,
      (SELECT s.id FROM sessions AS s WHERE s.workspace_id = $1 AND s.id = document.session_id FOR KEY SHARE),
      coalesce(total.length, 0), $3, created_at, passages, position, role, coalesce(terms, '{}')
    FROM document
      LEFT JOIN (SELECT document_id, sum(length)::integer AS length FROM size GROUP BY document_id) AS total
        ON total.document_id = id
      LEFT JOIN (SELECT document_id, array_agg(term) AS terms FROM author GROUP BY document_id) AS named
        ON named.document_id = id
    ON CONFLICT (workspace_id, id) DO UPDATE SET length = excluded.length, analysis = excluded.analysis,
      passages = excluded.passages, position = excluded.position, role = excluded.role, author_terms = excluded.author_terms
  ), noted AS (
    INSERT INTO search_changes (workspace_id, project_id, piece_id, kind, position)
    SELECT $1, project_id, id, kind, position FROM document
  ), stored_segment AS (
    INSERT INTO search_segments (workspace_id, document_id, position, text, vector)
    SELECT $1, document_id, position, text, vector FROM segment
  )
  INSERT INTO search_postings (workspace_id, project_id, term, document_id, passage, frequency, length, factor, position, is_author)
  SELECT $1, project_id, term, id, passage, frequency, coalesce(length, 0), factor, position, is_author
  FROM (
    SELECT document_id, term, passage, frequency, author.term IS NOT NULL AS is_author
    FROM occurrence LEFT JOIN author USING (document_id, term)
    UNION ALL
    SELECT document_id, term, 1, 0, true FROM author LEFT JOIN occurrence USING (document_id, term)
    WHERE occurrence.term IS NULL) AS posting
    LEFT JOIN size USING (document_id, passage)
    JOIN document ON document.id = document_id
  ORDER BY project_id, term`;

/**
 * $1 workspace, $2 language, $3 projects, $4 words (parallel). Two transactions that bring the same word at once each
 * store it, which harms nothing, and neither waits for the other.
 */
const wordInsert = `
  INSERT INTO search_words (workspace_id, project_id, term, word)
  SELECT DISTINCT $1::uuid, project_id, lexeme, word
  FROM unnest($3::uuid[], $4::text[]) AS given (project_id, word)
    CROSS JOIN LATERAL unnest(to_tsvector($2::regconfig, word))
  WHERE NOT EXISTS (
    SELECT FROM search_words AS known
    WHERE known.workspace_id = $1 AND known.project_id = given.project_id AND known.term = lexeme AND known.word = given.word OFFSET 0)`;

/**
 * Takes the postings of documents ($1 workspace, $2 ids) and the words that no other document of the project holds.
 * A word may be lost to a document that is indexed at the same moment: it is stored again with the next one, and
 * until then only its misspellings don't find it.
 */
const postingRemoval = `
  WITH held AS MATERIALIZED (
    SELECT document.project_id, document.id AS document_id, lexeme AS term
    FROM search_documents AS document
      JOIN search_segments AS segment ON segment.workspace_id = $1 AND segment.document_id = document.id
      CROSS JOIN LATERAL unnest(segment.vector)
    WHERE document.workspace_id = $1 AND document.id = ANY ($2::uuid[])
    UNION
    SELECT project_id, id, unnest(author_terms) FROM search_documents WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
  ), removed_posting AS (
    DELETE FROM search_postings WHERE ctid = ANY (ARRAY(
      SELECT posting.ctid FROM held CROSS JOIN LATERAL (
        SELECT ctid FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = held.project_id AND p.term = held.term AND p.document_id = held.document_id
        OFFSET 0) AS posting))
  )
  DELETE FROM search_words WHERE ctid = ANY (ARRAY(
    SELECT word.ctid FROM (SELECT DISTINCT project_id, term FROM held) AS term CROSS JOIN LATERAL (
      SELECT ctid FROM search_words AS w
      WHERE w.workspace_id = $1 AND w.project_id = term.project_id AND w.term = term.term AND NOT EXISTS (
        SELECT FROM search_postings AS p
        WHERE p.workspace_id = $1 AND p.project_id = term.project_id AND p.term = term.term AND p.document_id <> ALL ($2::uuid[]))
      OFFSET 0) AS word))`;

/** $1 workspace, $2 ids. */
const segmentRemoval = `DELETE FROM search_segments WHERE workspace_id = $1 AND document_id = ANY ($2::uuid[])`;

/** $1 workspace, $2 ids. Segments go with their document. */
const documentRemoval = `
  WITH removed AS (
    DELETE FROM search_documents WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) RETURNING workspace_id, project_id, id, kind, position
  )
  INSERT INTO search_changes (workspace_id, project_id, piece_id, kind, position)
  SELECT workspace_id, project_id, id, kind, position FROM removed`;

/** Of a position, for the number in its thread. */
const NUMBER_BITS = 23;

/** $1 workspace, $2 id, $3 priority, $4 tags; null stays. */
const documentDescription = `
  WITH described AS (
    UPDATE search_documents SET priority = coalesce($3, priority), tags = coalesce($4, tags) WHERE workspace_id = $1 AND id = $2
    RETURNING workspace_id, project_id, id, kind
  )
  INSERT INTO search_changes (workspace_id, project_id, piece_id, kind) SELECT workspace_id, project_id, id, kind FROM described`;

/** $1 workspace, $2 projects, $3 ids, $4 kinds (parallel). */
const changeInsert = `
  INSERT INTO search_changes (workspace_id, project_id, piece_id, kind)
  SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[])`;

/** $1 how old, in ms. What is committed before a row was removed is no longer distinguished from what came after it. */
const changeRemoval = `
  WITH removed AS (
    DELETE FROM search_changes WHERE written_at < clock_timestamp() - $1 * interval '1 millisecond' RETURNING written_by
  ), last AS (
    SELECT written_by FROM removed ORDER BY written_by DESC LIMIT 1
  )
  INSERT INTO search_changes_removed (up_to) SELECT written_by FROM last
  ON CONFLICT (is_only) DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > search_changes_removed.up_to`;

/** $1 workspace, $2 ids. The projects that hold them. */
const projectsOfDocuments = `
  SELECT DISTINCT project_id AS id
  FROM unnest($2::uuid[]) AS given (given_id)
    CROSS JOIN LATERAL (
      SELECT project_id FROM search_documents WHERE workspace_id = $1 AND id = given_id OFFSET 0) AS document`;

/** What is written to the index: documents with their postings, segments and words. */
export abstract class PostgresKeywordDocuments extends KeywordIndex {
  /** What the postings depend on besides the text. */
  private readonly analysis: string;
  private readonly options: AnalysisOptions;

  /** @param language text search configuration */
  constructor(
    protected readonly database: Database,
    protected readonly language: string,
  ) {
    super();
    this.options = analysisOptionsOf(language);
    this.analysis = `${language}/${ANALYSIS_VERSION}`;
  }

  async put(documents: readonly AnalysedDocument[]): Promise<void> {
    for (const [workspaceId, group] of byWorkspace(documents)) {
      const labelled = group.filter(({ document }) => document.label !== undefined);
      await this.removeLocked(
        workspaceId,
        await this.lock(workspaceId, {
          ids: group.map(({ document }) => document.id),
          labels: labelled.map(({ document }) => document),
        }),
      );
      await this.insert(workspaceId, group);
    }
  }

  async remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    await this.removeLocked(workspaceId, await this.lock(workspaceId, { ids, labels: [] }));
  }

  async takeStale(limit: number): Promise<SearchDocument[]> {
    interface Row {
      readonly workspace_id: WorkspaceId;
      readonly project_id: ProjectId;
      readonly id: string;
      readonly kind: SearchDocument['kind'];
      readonly label: string | null;
      readonly version: number | null;
      readonly priority: Priority | null;
      readonly tags: readonly string[];
      readonly session_id: SessionId | null;
      readonly created_at: Date;
      readonly text: string | null;
      readonly thread_id: string | null;
      readonly number: number | null;
      readonly role: string | null;
      readonly name: string | null;
    }
    const rows = await this.database.query<Row>(staleDocuments, [this.analysis, limit]);
    return rows.map((row) => ({
      workspaceId: row.workspace_id,
      projectId: row.project_id,
      id: row.id,
      kind: row.kind,
      label: row.label ?? undefined,
      version: row.version ?? undefined,
      text: row.text ?? '',
      priority: row.priority ?? undefined,
      tags: row.tags,
      sessionId: row.session_id ?? undefined,
      createdAt: row.created_at,
      place:
        row.thread_id === null || row.number === null ? undefined : { threadId: row.thread_id, number: row.number },
      role: row.role ?? undefined,
      author: row.name ?? undefined,
    }));
  }

  async reindex(documents: readonly AnalysedDocument[]): Promise<void> {
    for (const [workspaceId, group] of byWorkspace(documents)) {
      const ids = group.map(({ document }) => document.id);
      await this.database.query(postingRemoval, [workspaceId, ids]);
      await this.database.query(segmentRemoval, [workspaceId, ids]);
      await this.insert(workspaceId, group);
    }
  }

  private async lock(
    workspaceId: WorkspaceId,
    { ids, labels }: { readonly ids: readonly string[]; readonly labels: readonly SearchDocument[] },
  ): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(replacedDocuments, [
      workspaceId,
      ids,
      labels.map(({ projectId }) => projectId),
      labels.map(({ kind }) => kind),
      labels.map(({ label }) => label),
    ]);
    return rows.map(({ id }) => id);
  }

  private async removeLocked(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.query(postingRemoval, [workspaceId, ids]);
    await this.database.query(documentRemoval, [workspaceId, ids]);
  }

  private async insert(workspaceId: WorkspaceId, documents: readonly AnalysedDocument[]): Promise<void> {
    const rows = documents.map(({ document, analysis }) => ({
      id: document.id,
      project_id: document.projectId,
      kind: document.kind,
      label: document.label ?? null,
      version: document.version ?? null,
      priority: document.priority ?? null,
      tags: document.tags,
      session_id: document.sessionId ?? null,
      created_at: document.createdAt.toISOString(),
      passages: analysis.passageCount,
      factor: factorOf({ document, analysis }),
      position: document.place === undefined ? null : positionOf(document.place),
      role: document.role ?? null,
      author: document.author === undefined ? null : wordsOfName(document.author, this.options),
    }));
    const segments = segmentsOf(documents);
    await this.database.query(documentInsert, [
      workspaceId,
      this.language,
      this.analysis,
      JSON.stringify(rows),
      segments.map(({ id }) => id),
      segments.map(({ position }) => position),
      segments.map(({ text }) => text),
      segments.map(({ words }) => words),
      segments.map(({ firstPassage }) => firstPassage),
      segments.map(({ starts }) => `{${starts.join()}}`),
    ]);
    const words = documents.flatMap(({ document: { projectId }, analysis }) =>
      analysis.vocabulary.map((word) => ({ projectId, word })),
    );
    await this.database.query(wordInsert, [
      workspaceId,
      this.language,
      words.map(({ projectId }) => projectId),
      words.map(({ word }) => word),
    ]);
  }

  async describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void> {
    await this.database.query(documentDescription, [workspaceId, id, change.priority ?? null, change.tags ?? null]);
  }

  async noteChanged(workspaceId: WorkspaceId, pieces: readonly ChangedPiece[]): Promise<void> {
    await this.database.query(changeInsert, [
      workspaceId,
      pieces.map(({ projectId }) => projectId),
      pieces.map(({ id }) => id),
      pieces.map(({ kind }) => kind),
    ]);
  }

  async forgetChanges(olderThanMs: number): Promise<void> {
    await this.database.query(changeRemoval, [olderThanMs]);
  }

  async projectsOf(workspaceId: WorkspaceId, ids: readonly string[]): Promise<ProjectId[]> {
    const rows = await this.database.query<{ id: ProjectId }>(projectsOfDocuments, [workspaceId, ids]);
    return rows.map(({ id }) => id);
  }
}

function byWorkspace(documents: readonly AnalysedDocument[]): Map<WorkspaceId, AnalysedDocument[]> {
  const groups = new Map<WorkspaceId, AnalysedDocument[]>();
  for (const entry of documents) {
    const group = groups.get(entry.document.workspaceId);
    if (group === undefined) groups.set(entry.document.workspaceId, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** In the form of the parameters of `documentInsert`. */
export function segmentsOf(documents: readonly AnalysedDocument[]) {
  return documents.flatMap(({ document: { id, label }, analysis }) => {
    let nextPassage = 1;
    const segments = analysis.segments.map(({ text, words, starts }, index) => {
      const firstPassage = nextPassage;
      nextPassage += Math.max(1, starts.length / 2);
      return { id, position: index + 1, text, words, firstPassage, starts };
    });
    // The words of the label count as if the text began with them.
    const labelled = { id, position: 0, text: label ?? '', words: analysis.labelWords, firstPassage: 1, starts: [1] };
    return analysis.labelWords === '' ? segments : [labelled, ...segments];
  });
}

/** What a share of any term in a document is multiplied by. In single precision, as it is stored. */
export function factorOf({ document, analysis }: AnalysedDocument): number {
  return Math.fround(dampingOf(analysis.passageCount) * roleWeightOf(document.role));
}

/** Numbers that differ by as much as those in the thread, and, but by a chance of 2^-40, far from those of other threads. */
function positionOf({ threadId, number }: Place): string | null {
  if (number >= 2 ** NUMBER_BITS) return null;
  const thread = createHash('sha256').update(threadId).digest().readUIntBE(0, 5);
  return String((BigInt(thread) << BigInt(NUMBER_BITS)) + BigInt(number));
}
