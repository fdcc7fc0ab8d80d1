import type { ListCache } from '#cache';
import type { SearchConfig } from '#config';
import type { SemanticReader } from '#embedding';
import type { ProjectReader } from '#project';
import type { KeywordIndex } from '../persistence/keyword-index.js';
import { SemanticSearch } from '../semantic-search.js';

const everyProject = {
  slugsOf: (_workspaceId, ids) => Promise.resolve([...ids]),
} satisfies Pick<ProjectReader, 'slugsOf'>;
const notCached = { read: (_query: unknown, load: () => unknown) => load() };

/** The channel over a reader, with nothing cached: tests change what is there behind the back of the services. */
export function semanticSearchOf(reader: SemanticReader, index: KeywordIndex, config: SearchConfig): SemanticSearch {
  return new SemanticSearch(
    reader,
    index,
    everyProject as unknown as ProjectReader,
    notCached as unknown as ListCache,
    config,
  );
}
