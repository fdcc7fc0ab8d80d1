import type { Metadata } from './session.js';

export const MAX_METADATA_BYTES = 16_384;

/** Size of metadata as JSON in UTF-8. */
export function metadataBytes(metadata: Metadata): number {
  return Buffer.byteLength(JSON.stringify(metadata));
}
