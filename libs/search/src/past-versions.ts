import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { ContextReader, type PastTime } from '#context';
import { analyseLongDocument } from './analysis/document-analysis.js';
import { type AnalysisOptions, analysisOptionsOf } from './analysis/words.js';
import { toDocument } from './context-indexer.js';
import type { AdHocDocuments } from './ad-hoc-documents.js';
import type { AnalysedDocument } from './persistence/keyword-index.js';
import type { SearchScope } from './search.js';

/** So much is analysed for one search, which takes some tenths of a second. */
const MOST_VERSIONS = 500;
const MOST_BYTES = 2 * 1024 * 1024;

/** What was valid at another time and is in no index any more: versions that were replaced or archived since. Nothing of it is kept. */
@Injectable()
export class PastVersions {
  private readonly options: AnalysisOptions;

  constructor(
    private readonly contexts: ContextReader,
    config: SearchConfig,
  ) {
    this.options = analysisOptionsOf(config.language);
  }

  /** The newest of those that were valid at some moment of a time. */
  async documentsOf({ workspaceId, projectId }: SearchScope, time: PastTime): Promise<AdHocDocuments> {
    const limits = { most: MOST_VERSIONS, bytes: MOST_BYTES };
    const { items, isAll } = await this.contexts.pastVersions(workspaceId, projectId, time, limits);
    const documents: AnalysedDocument[] = [];
    for (const document of items.map(toDocument))
      documents.push({ document, analysis: await analyseLongDocument(document.label, document.text, this.options) });
    return { documents, truncated: !isAll };
  }
}
