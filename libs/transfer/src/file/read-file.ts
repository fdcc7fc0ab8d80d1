import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { escapePointer, excessOf, findInexactJson, findUnsafeText, issuesOf } from '#http';
import { DomainError } from '#kernel';
import { fileBroken, fileUnknown, lineRefused } from '../transfer.errors.js';
import {
  countOf,
  type EndLine,
  endLine,
  type FileCounts,
  FORMAT,
  type HeaderLine,
  headerLine,
  noCounts,
  type PartLine,
  partLines,
  type PartType,
  partTypes,
  projectLine,
  READABLE_VERSIONS,
} from './file-lines.js';
import { References } from './references.js';
import { unpack } from './unpack.js';

/** A context of 1 MiB whose every byte is escaped (`\u0001`), and what belongs to it. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** What a message or the state of an agent may hold, and what belongs to it. */
const MOST_LINE_VALUES = 250_000;

const LINE_FEED = 0x0a;

/**
 * Lines as they come, without their line feeds. What follows the last line feed is a line unless it is empty. Holds no
 * more than one chunk and one line.
 * @throws DomainError `import-line-invalid` for a line longer than `MAX_LINE_BYTES`, before it is all there
 */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); ; end = chunk.indexOf(LINE_FEED, start)) {
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      begun.push(part);
      begunBytes += part.length;
      if (begunBytes > MAX_LINE_BYTES) throw lineRefused(number, '', `is longer than ${MAX_LINE_BYTES} bytes`);
      if (end === -1) break;
      yield begun.length === 1 ? part : Buffer.concat(begun, begunBytes);
      begun = [];
      begunBytes = 0;
      number++;
      start = end + 1;
    }
  }
  if (begunBytes > 0) yield Buffer.concat(begun, begunBytes);
}

interface ReadOptions {
  /** Of the file, unpacked. */
  readonly limitBytes: number;
  /** False: only whether it is whole and of a known version, not whether its lines are valid. */
  readonly validates: boolean;
}

/** What a file that was read to its end says of itself. */
export interface FileSummary {
  readonly header: HeaderLine;
  readonly end: EndLine;
}

/**
 * Reads a file to its end: first line, order, every line, references between lines, counts, and the checksum in the last
 * line. Memory holds one line, the ids of sessions, entries and checkpoints, and the names of agents.
 * @param onLine given how many lines were read, and how many the header promises
 * @throws DomainError `import-line-invalid` naming line and field, `import-file-broken`, `import-format-unknown`,
 * `import-too-large`
 */
export async function checkFile(
  file: AsyncIterable<Buffer>,
  options: ReadOptions,
  onLine: (lines: number, of: number) => void = () => undefined,
): Promise<FileSummary> {
  const hash = createHash('sha256');
  const references = new References();
  const counts = noCounts();
  let header: HeaderLine | undefined;
  let end: EndLine | undefined;
  let unread: DomainError | undefined;
  let place = 0;
  let number = 0;
  for await (const bytes of splitLines(unpack(file, options.limitBytes))) {
    number++;
    if (end !== undefined) throw lineRefused(number, '', 'follows the end line');
    // Only what is cut off ends in the middle of a line.
    if (unread !== undefined) throw unread;
    const line = parse(bytes, number);
    if (line instanceof DomainError) {
      unread = line;
      continue;
    }
    if (number === 1) {
      header = requireHeader(line);
      onLine(1, totalOf(header.counts));
    } else if (line['type'] === 'end') {
      end = valid(endLine, line, number);
      if (end.sha256 !== hash.digest('hex')) throw fileBroken('is not what was exported: its checksum does not match');
      if (number < 3) throw fileBroken('is not whole: it has no project line');
    } else if (number === 2) {
      if (line['type'] !== 'project') throw lineRefused(2, '/type', 'must be project');
      valid(projectLine, line, number);
    } else {
      const type = partTypes.indexOf(line['type'] as PartType);
      if (type === -1) throw lineRefused(number, '/type', `must be one of ${partTypes.join(', ')}, end`);
      if (type < place) throw lineRefused(number, '/type', `must not come after ${partTypes[place]}`);
      place = type;
      const name = line['type'] as PartType;
      if (options.validates) references.note(valid<PartLine>(partLines[name], line, number), number);
      counts[countOf[name]]++;
      onLine(number, totalOf(header?.counts ?? counts));
    }
    if (end === undefined) hash.update(bytes).update('\n');
  }
  if (unread !== undefined) throw fileBroken('is not whole: its last line is cut off', unread);
  if (header === undefined) throw fileUnknown('is empty');
  if (end === undefined) throw fileBroken('is not whole: its end line is missing');
  requireCounts(header.counts, counts);
  requireCounts(end.counts, counts);
  references.requireLaterLines();
  return { header, end };
}

/** What a file says of itself in its first line, without reading on. @throws DomainError `import-format-unknown` */
export async function readHeader(file: AsyncIterable<Buffer>): Promise<HeaderLine> {
  for await (const bytes of splitLines(unpack(file, Number.MAX_SAFE_INTEGER))) {
    const line = parse(bytes, 1);
    if (line instanceof DomainError) throw line;
    return requireHeader(line);
  }
  throw fileUnknown('is empty');
}

/** The lines between the first two and the last of a file that `checkFile` has read. */
export async function* readParts(file: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<PartLine> {
  let number = 0;
  for await (const bytes of splitLines(unpack(file, limitBytes))) {
    number++;
    const line = JSON.parse(bytes.toString('utf8')) as PartLine | EndLine;
    if (line.type === 'end') return;
    if (number > 2) yield line;
  }
}

function totalOf(counts: FileCounts): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 3);
}

/** @returns the error for what is no JSON */
function parse(bytes: Buffer, number: number): Readonly<Record<string, unknown>> | DomainError {
  if (!isUtf8(bytes)) throw lineRefused(number, '', 'is not valid UTF-8');
  const excess = excessOf(bytes, MOST_LINE_VALUES);
  if (excess !== undefined) throw lineRefused(number, '', excess);
  let line: unknown;
  try {
    line = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (number === 1) throw fileUnknown('is no export of Keepsake: its first line is no JSON');
    return lineRefused(number, '', 'is not valid JSON', error);
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line))
    throw lineRefused(number, '', 'is no JSON object');
  const unsafe = findUnsafeText(line) ?? findInexactJson(bytes.toString('utf8'));
  if (unsafe !== undefined) throw lineRefused(number, unsafe.pointer, unsafe.detail);
  const polluting = findPollutingName(line, bytes);
  if (polluting !== undefined) throw lineRefused(number, polluting, 'is a name that is not taken');
  return line as Readonly<Record<string, unknown>>;
}

/** Names that no request may have either. */
function findPollutingName(line: object, bytes: Buffer): string | undefined {
  if (!bytes.includes('"__proto__"') && !bytes.includes('\\u')) return undefined;
  const pending: { readonly value: object; readonly pointer: string }[] = [{ value: line, pointer: '' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [key, value] of Object.entries(next.value)) {
      const pointer = `${next.pointer}/${escapePointer(key)}`;
      if (key === '__proto__') return pointer;
      if (typeof value === 'object' && value !== null) pending.push({ value: value as object, pointer });
    }
  }
  return undefined;
}

function requireHeader(line: Readonly<Record<string, unknown>>): HeaderLine {
  if (line['type'] !== 'header' || line['format'] !== FORMAT) throw fileUnknown('is no export of Keepsake');
  const version = line['formatVersion'];
  if (!(READABLE_VERSIONS as readonly unknown[]).includes(version))
    throw fileUnknown(
      `has format version ${JSON.stringify(version)}; this server reads versions ${READABLE_VERSIONS.join(', ')}`,
    );
  return valid(headerLine, line, 1);
}

function valid<Line>(schema: z.ZodType<Line>, line: unknown, number: number): Line {
  const result = schema.safeParse(line);
  if (result.success) return result.data;
  const [issue] = issuesOf(result.error);
  throw lineRefused(number, issue?.pointer ?? '', issue?.detail ?? '');
}

function requireCounts(said: FileCounts, counts: FileCounts): void {
  for (const name of Object.keys(counts) as (keyof FileCounts)[])
    if (said[name] !== counts[name])
      throw fileBroken(`is not whole: it says that it has ${said[name]} ${name}, and has ${counts[name]}`);
}
