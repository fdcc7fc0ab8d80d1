import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import type { Priority } from '#context';
import type { WorkspaceId } from '#kernel';
import { analysisOptionsOf } from './analysis/language.js';
import { analyseDocument } from './analysis/document-analysis.js';
import type { AnalysisOptions } from './analysis/words.js';
import { type AnalysedDocument, KeywordIndex } from './persistence/keyword-index.js';
import type { SearchDocument } from './search.js';
import { SearchIndex } from './search-index.js';

@Injectable()
export class SearchIndexService extends SearchIndex {
  private readonly options: AnalysisOptions;

  constructor(
    private readonly keywords: KeywordIndex,
    config: SearchConfig,
  ) {
    super();
    this.options = analysisOptionsOf(config.language);
  }

  async index(documents: readonly SearchDocument[]): Promise<void> {
    const latest = lastOfEach(documents);
    if (latest.length === 0) return;
    await this.keywords.put(
      latest.map((document): AnalysedDocument => ({
        document,
        analysis: analyseDocument(document.label, document.text, this.options),
      })),
    );
  }

  async remove(workspaceId: WorkspaceId, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.keywords.remove(workspaceId, ids);
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
  const byKey = new Map<string, SearchDocument>();
  for (const document of documents) {
    const key = JSON.stringify([
      document.workspaceId,
      document.projectId,
      document.kind,
      document.label ?? null,
      document.label === undefined ? document.id : null,
    ]);
    byKey.set(key, document);
  }
  const byId = new Map([...byKey.values()].map((document) => [`${document.workspaceId}/${document.id}`, document]));
  return [...byId.values()];
}
