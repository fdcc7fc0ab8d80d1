import type { AnalysedDocument } from './persistence/keyword-index.js';

/** Documents that no index holds, read and analysed for one search. Nothing of them is kept. */
export interface AdHocDocuments {
  readonly documents: readonly AnalysedDocument[];
  /** Whether there were more than one search looks at: the oldest are left out. */
  readonly truncated: boolean;
}

export const NOTHING_AD_HOC: AdHocDocuments = { documents: [], truncated: false };

/** Whether one of them holds a word or a literal as the analysis gives it. */
export function isWritten({ documents }: AdHocDocuments, term: string): boolean {
  return documents.some(({ analysis }) => analysis.segments.some(({ words }) => words.split(' ').includes(term)));
}
