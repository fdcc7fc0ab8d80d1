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

/**
 * Characters (UTF-16 units) of a long text that one answer holds, and of the JSON of a value. An answer holds fewer where
 * their JSON is longer than `most`.
 */
export const PAGE = { usual: 20_000, most: 50_000 } as const;

/** What is paged: a text, or the JSON of a value. */
type PageForm = 'text' | 'json';

/** A value that is no longer than an answer may be is not taken apart. */
const usualOf = { text: PAGE.usual, json: PAGE.most } as const satisfies Record<PageForm, number>;

/** The arguments of a tool whose answer is long. */
export function pageArguments(form: PageForm): Readonly<Record<keyof TextPage, JsonSchema>> {
  return {
    offset: { type: 'integer', minimum: 0, default: 0, description: 'Character to read from.' },
    length: {
      type: 'integer',
      minimum: 1,
      default: usualOf[form],
      description: `Characters to read, at most ${PAGE.most}; the answer says where to read on.`,
    },
  };
}

const rangeProperties: Readonly<Record<string, JsonSchema>> = {
  offset: { type: 'integer' },
  length: { type: 'integer' },
  total: { type: 'integer' },
  nextOffset: { type: ['integer', 'null'] },
};

/** What such an answer says of the text. */
export function rangeSchema(form: PageForm): JsonSchema {
  const of = {
    type: 'string',
    enum: ['value', 'text', 'json'],
    description:
      'value: all of it, as it is; text: characters of a text; json: characters of the JSON of the value, which is whole when all parts are put together.',
  };
  const properties = form === 'text' ? rangeProperties : { of, ...rangeProperties };
  return {
    type: 'object',
    description: 'Which characters (UTF-16 units) of the text these are; read on from nextOffset.',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

export interface TextPage {
  readonly offset: number;
  readonly length: number;
}

/** @throws DomainError `invalid-request` naming the argument */
export function readPage(
  args: { readonly offset?: unknown; readonly length?: unknown },
  form: PageForm = 'text',
): TextPage {
  const page = z.object({ offset: z.int().min(0).default(0), length: z.int().min(1).default(usualOf[form]) });
  const { success, data, error } = page.safeParse(args);
  if (success) return data;
  throw invalidRequest(issuesOf(error));
}

/** What an answer shows of a value: itself where it is short enough, else a part of its text or of its JSON. */
export function pageOfValue(value: unknown, page: TextPage) {
  if (typeof value === 'string') {
    const { text, range } = pageOf(value, page);
    return { shown: text, range: { of: 'text', ...range } };
  }
  const json = JSON.stringify(value);
  const { text, range } = pageOf(json, page);
  const isWhole = text.length === json.length;
  return { shown: isWhole ? value : text, range: { of: isWhole ? 'value' : 'json', ...range } };
}

/** Never half of a surrogate pair: pages that follow each other make the whole text. */
export function pageOf(text: string, { offset, length }: TextPage) {
  const start = beforePair(text, Math.min(offset, text.length));
  const wanted = fitting(text, start, Math.min(start + Math.min(length, PAGE.most), text.length));
  const end = beforePair(text, wanted) > start ? beforePair(text, wanted) : Math.min(start + 2, text.length);
  const range = { offset: start, length: end - start, total: text.length, nextOffset: end < text.length ? end : null };
  return { text: text.slice(start, end), range };
}

/** The last end, up to the one that is wanted, of a part whose JSON has no more characters than an answer has room for. */
function fitting(text: string, start: number, wanted: number): number {
  let end = wanted;
  for (let over: number; (over = JSON.stringify(text.slice(start, end)).length - 2 - PAGE.most) > 0;)
    // A character takes six at most.
    end -= Math.ceil(over / 6);
  return end;
}

function beforePair(text: string, position: number): number {
  const splits = position > 0 && position < text.length && isHighSurrogate(text.charCodeAt(position - 1));
  return splits ? position - 1 : position;
}
