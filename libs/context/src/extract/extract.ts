import type { WorkPauses } from '#kernel';
import { type Fingerprint, fingerprintOf } from '../store/near-duplicates.js';
import { Threads } from '../worker-threads.js';
import { keyConceptsOf } from './key-concepts.js';
import { previewOf, readPreview } from './preview.js';
import { detectPriority, type Priority } from './priority.js';

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

/** What a store reads in a text. */
interface TextReading extends Extract {
  readonly title: string;
  readonly detectedPriority: Priority;
  readonly fingerprint: Fingerprint;
}

/** Shorter texts are read at once: it takes less time than a thread takes to start. */
const SHORT = 128 * 1024;

const threads = new Threads<string, TextReading>(new URL('./extract.worker.js', import.meta.url), true);

/** Linear in the length of the text. */
export function readText(content: string): TextReading {
  return {
    ...readPreview(content),
    keyConcepts: keyConceptsOf(content),
    extractVersion: EXTRACT_VERSION,
    detectedPriority: detectPriority(content),
    fingerprint: fingerprintOf(content),
  };
}

/**
 * The same, of a long text outside of the event loop.
 * @param pauses of the work that it is a part of: others run between two texts
 */
export async function readAnyText(content: string, pauses: WorkPauses): Promise<TextReading> {
  await pauses.pauseIfDue();
  const reading = content.length > SHORT ? await threads.run(content) : undefined;
  if (reading === undefined) return readText(content);
  const { signature, bands } = reading.fingerprint;
  // A buffer comes back from a thread as plain bytes.
  return { ...reading, fingerprint: { signature: Buffer.from(signature), bands } };
}
