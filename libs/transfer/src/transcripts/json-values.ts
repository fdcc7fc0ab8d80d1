import { isUtf8 } from 'node:buffer';
import { MAX_JSON_DEPTH } from '#http';
import { transcriptBroken, transcriptInvalid, transcriptUnknown } from './transcript.errors.js';

/** Of one object: a conversation of an export, a message of an array, or a line. It is parsed at once. */
const MAX_VALUE_BYTES = 8 * 1024 * 1024;

const [LINE_FEED, QUOTE, COMMA, BACKSLASH] = [0x0a, 0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** An object of a file, and where it stands: `/17` in an array, `/lines/17` otherwise. */
export interface JsonValue {
  readonly value: Readonly<Record<string, unknown>>;
  readonly pointer: string;
}

/**
 * The objects of a file that is one JSON array, or objects one after the other (JSON Lines), as they come. Memory holds one
 * chunk and one object; nothing is parsed that is too long or nested too deep.
 * @throws DomainError `transcript-invalid` naming the place, `transcript-broken`, `transcript-format-unknown`
 */
export async function* readJsonValues(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonValue> {
  const scan = new ValueScanner();
  let isFirst = true;
  for await (const chunk of chunks) {
    const bytes = isFirst && chunk.subarray(0, 3).equals(BYTE_ORDER_MARK) ? chunk.subarray(3) : chunk;
    isFirst = false;
    for (const { text, pointer } of scan.read(bytes)) yield { value: parse(text, pointer), pointer };
  }
  scan.end();
}

function parse(bytes: Buffer, pointer: string): Readonly<Record<string, unknown>> {
  if (!isUtf8(bytes)) throw transcriptInvalid(pointer, 'is not valid UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw transcriptInvalid(pointer, 'is not valid JSON', error);
  }
}

/** Finds where objects begin and end, byte by byte. */
class ValueScanner {
  private isArray: boolean | undefined;
  private isClosed = false;
  private expectsComma = false;
  private afterComma = false;
  private depth = 0;
  private inString = false;
  private isEscaped = false;
  private begun: Buffer[] = [];
  private begunBytes = 0;
  private line = 1;
  private count = 0;
  private pointer = '';

  *read(chunk: Buffer): Generator<{ readonly text: Buffer; readonly pointer: string }> {
    let start = 0;
    for (let place = 0; place < chunk.length; place++) {
      const byte = chunk[place] ?? 0;
      if (byte === LINE_FEED) this.line++;
      if (this.depth === 0) {
        if (SPACE.has(byte)) continue;
        if (this.begins(byte)) start = place;
      } else if (this.ends(byte)) {
        yield { text: this.take(chunk.subarray(start, place + 1)), pointer: this.pointer };
      }
    }
    if (this.depth > 0) this.keep(chunk.subarray(start));
  }

  /** @throws DomainError where the file ends before what it says ends */
  end(): void {
    if (this.isArray === undefined) throw transcriptUnknown('is empty');
    if (this.depth > 0 || (this.isArray && !this.isClosed))
      throw transcriptBroken('is not whole: it ends in the middle');
  }

  /** Between objects. @returns whether one begins */
  private begins(byte: number): boolean {
    if (this.isArray === undefined) {
      this.isArray = byte === OPEN_ARRAY;
      if (this.isArray) return false;
      if (byte !== OPEN_OBJECT) throw transcriptUnknown('is neither a JSON array nor JSON objects');
    }
    if (this.isArray && this.isClosed) throw transcriptBroken('goes on after the end of its array');
    this.pointer = this.isArray ? `/${this.count}` : `/lines/${this.line}`;
    if (this.isArray && byte === CLOSE_ARRAY && !this.afterComma) {
      this.isClosed = true;
      return false;
    }
    if (this.isArray && byte === COMMA && this.expectsComma) {
      this.expectsComma = false;
      this.afterComma = true;
      return false;
    }
    if (byte !== OPEN_OBJECT || (this.isArray && this.expectsComma))
      throw transcriptInvalid(this.pointer, 'is no JSON object');
    this.depth = 1;
    this.count++;
    this.afterComma = false;
    return true;
  }

  /** Within an object. @returns whether it ends */
  private ends(byte: number): boolean {
    if (this.inString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (byte === BACKSLASH) this.isEscaped = true;
      else if (byte === QUOTE) this.inString = false;
    } else if (byte === QUOTE) this.inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++this.depth > MAX_JSON_DEPTH)
        throw transcriptInvalid(this.pointer, `is nested more than ${MAX_JSON_DEPTH} levels deep`);
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.expectsComma = --this.depth === 0;
      return this.depth === 0;
    }
    return false;
  }

  private take(last: Buffer): Buffer {
    this.keep(last);
    const text = this.begun.length === 1 ? last : Buffer.concat(this.begun, this.begunBytes);
    this.begun = [];
    this.begunBytes = 0;
    return text;
  }

  private keep(part: Buffer): void {
    this.begun.push(part);
    this.begunBytes += part.length;
    if (this.begunBytes > MAX_VALUE_BYTES)
      throw transcriptInvalid(this.pointer, `is longer than ${MAX_VALUE_BYTES} bytes`);
  }
}
