import type { AnalysisOptions } from './words.js';

/** Configurations whose stemmer does not need accents: leaving them out finds `café` for `cafe`. */
const WITHOUT_ACCENTS = new Set(['english', 'simple']);

/** @param language name of a PostgreSQL text search configuration */
export function analysisOptionsOf(language: string): AnalysisOptions {
  return { foldAccents: WITHOUT_ACCENTS.has(language) };
}
