import type { SearchConfig } from '#config';

export function searchConfig(change: Partial<SearchConfig> = {}): SearchConfig {
  return { language: 'english', semanticTimeoutMs: 3_000, ...change };
}
