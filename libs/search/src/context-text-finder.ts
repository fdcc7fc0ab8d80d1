import { Injectable } from '@nestjs/common';
import { type TextFinder, TextFinders } from '#context';
import { Clock, type ContextId, type ProjectId, type WorkspaceId } from '#kernel';
import { KeywordSearch } from './keyword-search.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import { QueryReader } from './query-reader.js';

/** Finds contexts by their words for features that search does not know. */
@Injectable()
export class ContextTextFinder implements TextFinder {
  constructor(
    private readonly index: KeywordIndex,
    private readonly keywords: KeywordSearch,
    private readonly reader: QueryReader,
    private readonly clock: Clock,
    finders: TextFinders,
  ) {
    finders.register(this);
  }

  async findByWords(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    words: string,
    limit: number,
  ): Promise<readonly ContextId[]> {
    const scope = { workspaceId, projectId };
    const query = this.reader.analyse(words);
    const ranking = await this.keywords.rankingOf(scope, query, this.clock.nowMs(), { guess: false });
    if (ranking === undefined) return [];
    const filters = { kinds: ['context' as const] };
    const ranked = await this.index.rank(scope, { ranking, phrases: [], exclusions: [], filters, limit });
    return ranked.map(({ id }) => id as ContextId);
  }
}
