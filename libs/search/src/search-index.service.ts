import { Injectable } from '@nestjs/common';
import type { Priority } from '#context';
import type { WorkspaceId } from '#kernel';
import { SearchConfig } from '#config';
import { TransactionRunner } from '#database';
import type { SearchDocument } from './search.js';
import { type AnalysisOptions, analysisOptionsOf } from './analysis/words.js';
import { analyseLongDocument } from './analysis/document-analysis.js';
import { type AnalysedDocument, type ChangedPiece, KeywordIndex } from './persistence/keyword-index.js';
import { projectsOf, SearchChanges } from './search-invalidation.js';

/**
 * What search can find, kept by the features that own the memory. Every call takes part in the caller's transaction,
 * so a thing is found from its commit on, and one that was taken out is gone with it. What belongs to a project that
 * is deleted goes with the project.
 *
 * Callers let one writer at a time change a label; different labels and projects may be written concurrently.
 */
@Injectable()
export class SearchIndexService {
  private readonly options: AnalysisOptions;

  constructor(
    private readonly keywords: KeywordIndex,
    private readonly transactions: TransactionRunner,
    private readonly changes: SearchChanges,
    config: SearchConfig,
  ) {
    this.options = analysisOptionsOf(config.language);
  }

  /**
   * Makes documents findable. One of the same id, or of the same project, kind and label, is replaced. A batch costs
   * as many statements as one document.
   */
  async index(documents: readonly SearchDocument[]): Promise<void> {
    const analysed: AnalysedDocument[] = [];
    for (const document of lastOfEach(documents))
      analysed.push({ document, analysis: await analyseLongDocument(document.label, document.text, this.options) });
    if (analysed.length === 0) return;
    await this.transactions.run(async () => {
      await this.keywords.put(analysed);
      for (const [workspaceId, projectIds] of projectsOf(documents))
        await this.changes.projectsChanged(workspaceId, [...projectIds]);
    });
  }

  /** Takes documents out; unknown ids are no error. */
  async remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.transactions.run(async () => {
      const projectIds = await this.keywords.projectsOf(workspaceId, ids);
      await this.keywords.remove(workspaceId, ids);
      await this.changes.projectsChanged(workspaceId, projectIds);
    });
  }

  /** Says that pieces are found otherwise, by what the index does not hold of them. */
  async noteChanged(workspaceId: WorkspaceId, pieces: readonly ChangedPiece[]): Promise<void> {
    if (pieces.length === 0) return;
    await this.transactions.run(async () => {
      await this.keywords.noteChanged(workspaceId, pieces);
      await this.changes.projectsChanged(
        workspaceId,
        pieces.map(({ projectId }) => projectId),
      );
    });
  }

  /** Follows a change of priority and tags, which needs no new analysis. An unknown id is no error. */
  async describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void> {
    await this.transactions.run(async () => {
      await this.keywords.describe(workspaceId, id, change);
      await this.changes.projectsChanged(workspaceId, await this.keywords.projectsOf(workspaceId, [id]));
    });
  }
}

/** Within one batch too, the last document of an id, or of a label, replaces the earlier ones. */
function lastOfEach(documents: readonly SearchDocument[]): SearchDocument[] {
  const byName = new Map(documents.map((document) => [nameOf(document), document]));
  const byId = new Map([...byName.values()].map((document) => [`${document.workspaceId}/${document.id}`, document]));
  return [...byId.values()];
}

function nameOf({ workspaceId, projectId, kind, label, id }: SearchDocument): string {
  return JSON.stringify(label === undefined ? [workspaceId, id] : [workspaceId, projectId, kind, label]);
}
