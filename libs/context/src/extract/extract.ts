import { keyConceptsOf } from './key-concepts.js';
import { previewOf } from './preview.js';

/**
 * Raised with every change after which some text gives another preview or other key concepts. Stored extracts carry
 * it, and so do the keys of cached ones.
 */
export const EXTRACT_VERSION = 2;

export interface Extract {
  readonly preview: string;
  readonly keyConcepts: readonly string[];
  readonly extractVersion: number;
}

export function extract(content: string): Extract {
  return { preview: previewOf(content), keyConcepts: keyConceptsOf(content), extractVersion: EXTRACT_VERSION };
}
