import { isUtf8 } from 'node:buffer';
import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '#kernel';
import { findInexactJson } from '../validation/exact-json.js';
import { MAX_JSON_DEPTH } from '../validation/text-safety.js';
import { decodeBody } from './content-encoding.js';

/** How much the body of a route may be, in the configuration of the route. */
export interface BodyBounds {
  /** In bytes. */
  readonly mostBytes: number;
  /** In JSON values. */
  readonly mostValues: number;
}

/** Of commands: names, notes, a summary. Their longest texts have room for it in any notation of JSON. */
export const COMMAND_BODY_BYTES = 256 * 1024;
export const MOST_VALUES = 10_000;
/** Of routes that take texts and documents, whose bytes the configuration bounds. */
export const MOST_VALUES_WITH_TEXT = 100_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Whether JSON is more than a body may be, from its bytes alone: to make values of it would cost many times as much.
 * Linear. Says nothing about whether it is JSON at all.
 * @param mostValues values that are separated by commas, wherever they stand
 * @returns what it is too much of, as the end of a sentence; undefined where it is not
 */
export function excessOf(bytes: Buffer, mostValues: number): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    if (values > mostValues) return `holds more than ${mostValues} values`;
    if (depth > MAX_JSON_DEPTH) return `is nested more than ${MAX_JSON_DEPTH} levels deep`;
  }
  return undefined;
}

/** Where the text that begins at `start` has its closing quote; the end of the bytes where it has none. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (bytes[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return bytes.length;
}

/** The same parser, which fails with a DomainError that names the field where it would read something else than is written. */
function parsingExactly(parse: FastifyBodyParser<string>): FastifyBodyParser<string> {
  return (request, json, done) =>
    parse(request, json, (error, value) => {
      const inexact = error === null || error === undefined ? findInexactJson(json) : undefined;
      done(inexact === undefined ? error : inexactBody(inexact), value);
    });
}

function inexactBody(issue: { readonly pointer: string; readonly detail: string }): DomainError {
  return new DomainError({
    code: 'invalid-json',
    kind: 'invalid',
    detail: `The body is not kept as it is: ${issue.pointer} ${issue.detail}.`,
    issues: [{ ...issue, in: 'body' }],
  });
}

/**
 * Bodies are JSON in UTF-8 and nothing else, but for the files of routes that take one (`file-body.ts`). Bytes that are not
 * UTF-8 are refused rather than replaced, since what is stored is given back byte for byte. More values or deeper nesting
 * than the route takes is refused before it is parsed; `__proto__` and `constructor.prototype` are refused by Fastify's own
 * parser. An empty body is the same as none.
 */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  const parse = parsingExactly(fastify.getDefaultJsonParser('error', 'error'));
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, sent: Buffer) => {
      if (sent.length === 0) return undefined;
      const { bodyLimit, config } = request.routeOptions;
      const body = await decodeBody(sent, request.headers['content-encoding'], bodyLimit);
      if (!isUtf8(body)) throw invalidBody('is not valid UTF-8');
      const excess = excessOf(body, (config as Partial<BodyBounds>).mostValues ?? MOST_VALUES);
      if (excess !== undefined) throw invalidBody(excess);
      return new Promise<unknown>((resolve, reject) => {
        const json = body.toString('utf8');
        void parse(request, json, (error, value) => {
          if (error === null || error === undefined) resolve(value);
          else if (error instanceof DomainError) reject(error);
          else reject(invalidBody(mistakeIn(json), error));
        });
      });
    },
  );
}

/** What keeps a body from being taken, as the end of a sentence: Fastify says of whatever it is that it is no JSON. */
function mistakeIn(json: string): string {
  try {
    JSON.parse(json);
  } catch (error) {
    const [, position] = /at position (\d+)/.exec((error as Error).message) ?? [];
    return `is not valid JSON (RFC 8259)${position === undefined ? '' : `: see character ${Number(position) + 1}`}`;
  }
  return 'has a field __proto__, or a field constructor with a field prototype, which nothing may be called';
}

function invalidBody(detail: string, cause?: unknown): DomainError {
  return new DomainError({
    code: 'invalid-json',
    kind: 'invalid',
    detail: `The body ${detail}.`,
    issues: [{ pointer: '', detail }],
    cause,
  });
}
