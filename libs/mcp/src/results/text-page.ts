import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invalidRequest, issuesOf } from '#http';
import type { JsonSchema } from '../routes/json-schema.js';
import { isHighSurrogate } from './fit-value.js';

/**
 * A stored text as data: between two marks that no text can hold, since they are made of the text itself. The same text
 * and source give the same fence.
 * @param source where the text comes from, in words
 */
export function fenced(text: string, source: string): string {
  const mark = markOf(text);
  return `<memory-${mark} source="${escapeAttribute(source)}">\n${text}\n</memory-${mark}>`;
}

function markOf(text: string): string {
  let hash = text;
  do hash = createHash('sha256').update(hash).digest('hex');
  while (text.includes(hash.slice(0, 12)));
  return hash.slice(0, 12);
}

function escapeAttribute(value: string): string {
  return value.replaceAll(/[&"<>\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Characters (UTF-16 units) of a long text that one answer holds. */
export const PAGE = { usual: 20_000, most: 50_000 } as const;

/** The arguments of a tool whose answer is a long text. */
export const pageArguments: Readonly<Record<keyof TextPage, JsonSchema>> = {
  offset: { type: 'integer', minimum: 0, default: 0, description: 'Character to read from.' },
  length: {
    type: 'integer',
    minimum: 1,
    default: PAGE.usual,
    description: `Characters to read, at most ${PAGE.most}; the answer says where to read on.`,
  },
};

/** What such an answer says of the text. */
export const rangeSchema: JsonSchema = {
  type: 'object',
  description: 'Which characters (UTF-16 units) of the text these are; read on from nextOffset.',
  properties: {
    offset: { type: 'integer' },
    length: { type: 'integer' },
    total: { type: 'integer' },
    nextOffset: { type: ['integer', 'null'] },
  },
  required: ['offset', 'length', 'total', 'nextOffset'],
  additionalProperties: false,
};

export interface TextPage {
  readonly offset: number;
  readonly length: number;
}

const page = z.object({
  offset: z.int().min(0).default(0),
  length: z.int().min(1).default(PAGE.usual),
});

/** @throws DomainError `invalid-request` naming the argument */
export function readPage(args: { readonly offset?: unknown; readonly length?: unknown }): TextPage {
  const { success, data, error } = page.safeParse(args);
  if (success) return data;
  throw invalidRequest(issuesOf(error));
}

/** Never half of a surrogate pair: pages that follow each other make the whole text. */
export function pageOf(text: string, { offset, length }: TextPage) {
  const start = beforePair(text, Math.min(offset, text.length));
  const wanted = Math.min(start + Math.min(length, PAGE.most), text.length);
  const end = beforePair(text, wanted) > start ? beforePair(text, wanted) : Math.min(start + 2, text.length);
  const range = { offset: start, length: end - start, total: text.length, nextOffset: end < text.length ? end : null };
  return { text: text.slice(start, end), range };
}

function beforePair(text: string, position: number): number {
  const splits = position > 0 && position < text.length && isHighSurrogate(text.charCodeAt(position - 1));
  return splits ? position - 1 : position;
}
