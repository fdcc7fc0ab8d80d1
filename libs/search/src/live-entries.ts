import { Injectable } from '@nestjs/common';
import { SearchConfig } from '#config';
import { SessionReader } from '#session';
import { analyseDocument } from './analysis/document-analysis.js';
import { type AnalysisOptions, analysisOptionsOf } from './analysis/words.js';
import type { AnalysedDocument } from './persistence/keyword-index.js';
import type { SearchScope } from './search.js';
import { toDocument } from './session-indexer.js';

/** So much is analysed for one search, which takes some tens of milliseconds. */
const MAX_LIVE = 500;
const MAX_CHARACTERS = 400_000;

export interface LiveDocuments {
  readonly documents: readonly AnalysedDocument[];
  /** Whether there were more than one search looks at: the oldest are left out. */
  readonly truncated: boolean;
}

export const NOTHING_LIVE: LiveDocuments = { documents: [], truncated: false };

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

  async documentsOf({ workspaceId, projectId }: SearchScope): Promise<LiveDocuments> {
    const entries = await this.sessions.liveEntries(workspaceId, projectId, MAX_LIVE + 1);
    const documents: AnalysedDocument[] = [];
    let characters = 0;
    for (const document of entries.slice(0, MAX_LIVE).map(toDocument)) {
      characters += document.text.length;
      if (characters > MAX_CHARACTERS) break;
      documents.push({ document, analysis: analyseDocument(undefined, document.text, this.options) });
    }
    return { documents, truncated: documents.length < entries.length };
  }
}

/** Whether one of them holds a word or a literal as the analysis gives it. */
export function isWritten({ documents }: LiveDocuments, term: string): boolean {
  return documents.some(({ analysis }) => analysis.segments.some(({ words }) => words.split(' ').includes(term)));
}
