import { Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { SearchConfig } from '#config';
import { TransactionRunner } from '#database';
import { declareJob, HandlesJob, type JobContext } from '#queue';
import { analyseDocument } from './analysis/document-analysis.js';
import { analysisOptionsOf } from './analysis/words.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import { projectsOf, SearchChanges } from './search-invalidation.js';

const DOCUMENTS_AT_ONCE = 20;

const searchReindex = declareJob({
  name: 'search-reindex',
  payload: z.strictObject({}),
  retryLimit: 2,
  retryDelaySeconds: 30,
  timeoutSeconds: 3_000,
});

/**
 * Brings documents up to date that an older release, or another search language, has indexed. They stay findable all
 * the while, by the words they were stored with.
 */
@Injectable()
export class SearchReindexer {
  private readonly logger = new Logger(SearchReindexer.name);

  constructor(
    private readonly index: KeywordIndex,
    private readonly transactions: TransactionRunner,
    private readonly changes: SearchChanges,
    private readonly config: SearchConfig,
  ) {}

  @HandlesJob(searchReindex, { everySeconds: 3_600 })
  async runAsJob(_payload: object, { signal }: JobContext): Promise<void> {
    const count = await this.run(signal);
    if (count > 0) this.logger.log(`Indexed ${count} documents again.`);
  }

  /** @returns how many documents were stored again. Several runs at once share the work. */
  async run(signal?: AbortSignal): Promise<number> {
    let total = 0;
    for (;;) {
      if (signal?.aborted === true) return total;
      const count = await this.step();
      if (count === 0) return total;
      total += count;
    }
  }

  private step(): Promise<number> {
    const options = analysisOptionsOf(this.config.language);
    return this.transactions.run(async () => {
      const documents = await this.index.takeStale(DOCUMENTS_AT_ONCE);
      await this.index.reindex(
        documents.map((document) => ({ document, analysis: analyseDocument(document.label, document.text, options) })),
      );
      for (const [workspaceId, projectIds] of projectsOf(documents))
        await this.changes.projectsChanged(workspaceId, [...projectIds]);
      return documents.length;
    });
  }
}
