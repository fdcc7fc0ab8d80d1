import type { WorkPauses } from '#kernel';
import { EXTRACT_VERSION, type Extract } from './extract/extract.js';
import { keyConceptsOf } from './extract/key-concepts.js';
import { previewOf } from './extract/preview.js';
import { detectPriority, type Priority } from './priority.js';
import { type Fingerprint, fingerprintOf } from './similarity/fingerprint.js';
import { Threads } from './threads.js';

/** What a store reads in a text. */
export interface TextReading extends Extract {
  readonly detectedPriority: Priority;
  readonly fingerprint: Fingerprint;
}

/** Shorter texts are read at once: it takes less time than a thread takes to start. */
const SHORT = 128 * 1024;

const threads = new Threads<string, TextReading>(new URL('./text-reading.worker.js', import.meta.url));

/** Linear in the length of the text. */
export function readText(content: string): TextReading {
  return {
    preview: previewOf(content),
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
