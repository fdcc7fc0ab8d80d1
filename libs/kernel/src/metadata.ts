/** Free data of a client, kept as it is, but for the order of names in an object: the database has its own. */
export type Metadata = Readonly<Record<string, unknown>>;

export const MAX_METADATA_BYTES = 16_384;

/** Size of metadata as JSON in UTF-8. */
export function metadataBytes(metadata: Metadata): number {
  return Buffer.byteLength(JSON.stringify(metadata));
}

/** Applies a JSON merge patch (RFC 7396) to an object: null removes, objects are merged, everything else replaces. */
export function mergePatch(target: Metadata, patch: Metadata): Metadata {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      merged.delete(key);
    } else if (isObject(value)) {
      const before = merged.get(key);
      merged.set(key, mergePatch(isObject(before) ? before : {}, value));
    } else {
      merged.set(key, value);
    }
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
