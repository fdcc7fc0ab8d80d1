import { Format } from '../codec/codec.js';
import { jsonCodec } from '../codec/json-codec.js';

const PREFIX = 'ks1:';

interface Deserialized {
  value?: unknown;
  expires?: number;
}

/**
 * The one string that goes through a store we did not write: a prefix, the format, and our own JSON. Whatever the store
 * does with strings it takes for code, dates or symbols, it finds none in this one.
 */
export const Envelope = {
  serialize(data: Deserialized): string {
    const { format, bytes } = jsonCodec.encode({ value: data.value, expires: data.expires });
    return `${PREFIX}${format}:${bytes.toString('utf8')}`;
  },

  /** Anything that is not such a string is a miss. */
  deserialize(text: unknown): Deserialized | undefined {
    if (!isEnvelope(text)) return undefined;
    const format = text.charCodeAt(PREFIX.length) - 48;
    if (format !== Format.plainJson && format !== Format.taggedJson) return undefined;
    try {
      return jsonCodec.decode(Buffer.from(text.slice(PREFIX.length + 2), 'utf8'), format) as Deserialized;
    } catch {
      return undefined;
    }
  },
};

export function isEnvelope(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(PREFIX);
}
