import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { SessionReader } from '#session';
import { analyseDocument } from './analysis/document-analysis.js';
import { analysisOptionsOf } from './analysis/language.js';
import type { AnalysisOptions } from './analysis/words.js';
import type { AnalysedDocument } from './persistence/keyword-index.js';
import type { SearchScope } from './search.js';
import { toDocument } from './session-indexer.js';

/** So many entries are analysed for one search: some tens of milliseconds. */
const MAX_LIVE = 500;

export interface LiveDocuments {
  readonly documents: readonly AnalysedDocument[];
  /** Whether there were more than one search looks at: the oldest are left out. */
  readonly truncated: boolean;
}

/** What open sessions have written and not handed over yet, read and analysed for one search. Nothing of it is kept. */
@Injectable()
export class LiveEntries {
  private readonly options: AnalysisOptions;

  constructor(
    private readonly sessions: SessionReader,
    config: SearchConfig,
  ) {
    this.options = analysisOptionsOf(config.language);
  }

  async of({ workspaceId, projectId }: SearchScope): Promise<LiveDocuments> {
    const entries = await this.sessions.liveEntries(workspaceId, projectId, MAX_LIVE + 1);
    const documents = entries.slice(0, MAX_LIVE).map(toDocument);
    return {
      documents: documents.map((document) => ({
        document,
        analysis: analyseDocument(undefined, document.text, this.options),
      })),
      truncated: entries.length > MAX_LIVE,
    };
  }
}
