import { createHash } from 'node:crypto';
import type { Priority } from '#context';
import type { Database } from '#database';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type AnalysisOptions, analysisOptionsOf, ANALYSIS_VERSION, wordsOfName } from '../analysis/words.js';
import { dampingOf, roleWeightOf } from '../ranking/boosts.js';
import type { Place, SearchDocument } from '../search.js';
import {
  replacedDocuments,
  staleDocuments,
  documentInsert,
  wordInsert,
  postingRemoval,
  segmentRemoval,
  documentRemoval,
  documentDescription,
  changeInsert,
  changeRemoval,
  projectsOfDocuments,
} from './keyword-documents.sql.js';
import { type AnalysedDocument, type ChangedPiece, KeywordIndex } from './keyword-index.js';

/** Of a position, for the number in its thread. */
const NUMBER_BITS = 23;

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
