import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import type { Priority } from '#context';
import { TransactionRunner } from '#database';
import type { WorkspaceId } from '#kernel';
import { analysisOptionsOf } from './analysis/language.js';
import { analyseDocument } from './analysis/document-analysis.js';
import type { AnalysisOptions } from './analysis/words.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import type { SearchDocument } from './search.js';
import { SearchIndex } from './search-index.js';

@Injectable()
export class SearchIndexService extends SearchIndex {
  private readonly options: AnalysisOptions;

  constructor(
    private readonly keywords: KeywordIndex,
    private readonly transactions: TransactionRunner,
    config: SearchConfig,
  ) {
    super();
    this.options = analysisOptionsOf(config.language);
  }

  async index(documents: readonly SearchDocument[]): Promise<void> {
    const analysed = lastOfEach(documents).map((document) => ({
      document,
      analysis: analyseDocument(document.label, document.text, this.options),
    }));
    if (analysed.length > 0) await this.transactions.run(() => this.keywords.put(analysed));
  }

  async remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.transactions.run(() => this.keywords.remove(workspaceId, ids));
  }

  async describe(
    workspaceId: WorkspaceId,
    id: string,
    change: { readonly priority?: Priority; readonly tags?: readonly string[] },
  ): Promise<void> {
    await this.keywords.describe(workspaceId, id, change);
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
