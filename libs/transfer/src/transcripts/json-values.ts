import { isUtf8 } from 'node:buffer';
import { escapePointer, inexactJson, MAX_JSON_DEPTH } from '#http';
import { type DomainError, WorkPauses } from '#kernel';
import { transcriptBroken, transcriptInvalid, transcriptUnknown } from './transcript.errors.js';

/** Of one object: a conversation of an export, a message of an array, or a line. It is parsed at once. */
const MAX_VALUE_BYTES = 8 * 1024 * 1024;
/** Of one object, in JSON values and names: to make them costs many times what their bytes do. */
const MOST_VALUES = 200_000;

const [LINE_FEED, QUOTE, COMMA, COLON, BACKSLASH] = [0x0a, 0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** A character that is cut off has at most so many bytes. */
const LONGEST_CUT = 3;

/** A number of a file that would lose digits (beyond 2^53, or of too many), as it is written there. */
export class WrittenNumber {
  constructor(readonly literal: string) {}

  /** As it is stored: a text. */
  toJSON(): string {
    return this.literal;
  }
}

/** An object of a file, and where it stands: `/17` in an array, `/lines/17` otherwise. */
export interface JsonValue {
  /** Numbers that would lose digits are a `WrittenNumber`. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly pointer: string;
  /** Where names stand that their object has already, relative to the value. The last one is read. */
  readonly repeatedNames: readonly string[];
}

interface Span {
  readonly bytes: Buffer;
  readonly pointer: string;
  /** Where in the file it begins: its byte from 0 and its line from 1. */
  readonly offset: number;
  readonly line: number;
}

/**
 * The objects of a file that is one JSON array, or objects one after the other (JSON Lines), as they come. Memory holds one
 * chunk and one object; nothing is parsed that is too long, holds too many values or is nested too deep.
 * @throws DomainError `transcript-invalid` naming the place, `transcript-broken`, `transcript-format-unknown`
 */
export async function* readJsonValues(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonValue> {
  const scan = new ValueScanner();
  const pauses = new WorkPauses();
  let isFirst = true;
  for await (const chunk of chunks) {
    const skipped = isFirst && chunk.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
    isFirst = false;
    for (const span of scan.read(chunk, skipped)) yield await parse(span, pauses);
  }
  scan.end();
}

async function parse(span: Span, pauses: WorkPauses): Promise<JsonValue> {
  const { bytes, pointer } = span;
  if (!isUtf8(bytes)) throw transcriptInvalid(pointer, `is not valid UTF-8: ${firstNotUtf8(span)}`);
  const json = bytes.toString('utf8');
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(json) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw transcriptInvalid(pointer, 'is not valid JSON', error);
  }
  if (pauses.isDue) await pauses.pauseIfDue();
  const repeatedNames: string[] = [];
  for (const { path, literal } of inexactJson(json)) {
    if (literal === undefined) repeatedNames.push(path.map((step) => `/${escapePointer(String(step))}`).join(''));
    else keepWritten(value, path, literal);
    if (pauses.isDue) await pauses.pauseIfDue();
  }
  if (pauses.isDue) await pauses.pauseIfDue();
  return { value, pointer, repeatedNames };
}

function keepWritten(root: object, path: readonly (string | number)[], literal: string): void {
  let holder: unknown = root;
  for (const [depth, step] of path.entries()) {
    // What an object has twice has hidden what the path leads to.
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return;
    const fields = holder as Record<string | number, unknown>;
    const item = fields[step];
    if (depth < path.length - 1) holder = item;
    else if (Object.is(item, Number(literal))) fields[step] = new WrittenNumber(literal);
  }
}

/** The byte that is not UTF-8 as an error names it. @param bytes that are not all UTF-8 */
function firstNotUtf8({ bytes, offset, line }: Pick<Span, 'bytes' | 'offset' | 'line'>): string {
  const at = placeOfNotUtf8(bytes);
  const lines = bytes.subarray(0, at).filter((byte) => byte === LINE_FEED).length;
  const hex = (bytes[at] ?? 0).toString(16).padStart(2, '0').toUpperCase();
  return `byte ${offset + at} of the file (from 0), on line ${line + lines}, is 0x${hex}`;
}

/** Before it, the bytes are what they are when they are read as UTF-8 and written again. */
function placeOfNotUtf8(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'));
  let at = 0;
  while (at < bytes.length && bytes[at] === again[at]) at++;
  return at;
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
  /** Of the object that is begun. */
  private values = 0;
  private offset = 0;
  private firstLine = 1;
  /** Of what was read. */
  private bytes = 0;
  private line = 1;
  private count = 0;
  private pointer = '';

  *read(chunk: Buffer, skipped: number): Generator<Span> {
    let start = 0;
    for (let place = skipped; place < chunk.length; place++) {
      const byte = chunk[place] ?? 0;
      if (byte === LINE_FEED) this.line++;
      if (this.depth === 0) {
        if (SPACE.has(byte)) continue;
        if (!this.begins(byte)) continue;
        start = place;
        this.offset = this.bytes + place;
        this.firstLine = this.line;
      } else if (byte === LINE_FEED && this.inString) throw this.brokenText();
      else if (this.ends(byte)) yield this.spanOf(this.take(chunk.subarray(start, place + 1)));
    }
    this.bytes += chunk.length;
    if (this.depth > 0) this.keep(chunk.subarray(start));
  }

  /** @throws DomainError where the file ends before what it says ends */
  end(): void {
    if (this.isArray === undefined) throw transcriptUnknown('is empty');
    if (this.depth === 0 && (!this.isArray || this.isClosed)) return;
    const span = this.spanOf(Buffer.concat(this.begun, this.begunBytes));
    const isWhole = isUtf8(span.bytes) || placeOfNotUtf8(span.bytes) >= span.bytes.length - LONGEST_CUT;
    const place = this.depth > 0 && this.firstLine > 1 ? ` of what begins on line ${this.firstLine}` : '';
    throw transcriptBroken(
      `is not whole: it ends in the middle${place}${isWhole ? '' : `, and is not valid UTF-8: ${firstNotUtf8(span)}`}`,
    );
  }

  /** No text of JSON goes over the end of a line: mostly, a line was cut off. */
  private brokenText(): DomainError {
    return transcriptInvalid(this.pointer, `is not valid JSON: a text in it does not end on line ${this.line - 1}`);
  }

  private spanOf(bytes: Buffer): Span {
    return { bytes, pointer: this.pointer, offset: this.offset, line: this.firstLine };
  }

  /** Between objects. @returns whether one begins */
  private begins(byte: number): boolean {
    if (this.isArray === undefined) {
      this.isArray = byte === OPEN_ARRAY;
      if (this.isArray) return false;
      if (byte === 0xff || byte === 0xfe) throw transcriptUnknown('is not in UTF-8: save it as UTF-8');
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
    this.values = 1;
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
    else if (byte === COMMA || byte === COLON) {
      if (++this.values > MOST_VALUES)
        throw transcriptInvalid(this.pointer, `holds more than ${MOST_VALUES} values and names`);
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
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
