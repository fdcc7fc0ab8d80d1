import type { CallToolResult } from '@modelcontextprotocol/server';
import { namesState, type Problem } from '#http';
import type { RestAnswer } from '../http/rest-api.js';
import type { Tool } from '../tools/tool-catalogue.js';
import type { ToolDefinition } from '../tools/tool.js';
import { withArgumentNames } from '../tools/renamed-arguments.js';
import { fenced, pageOf, pageOfValue, type TextPage } from './text-page.js';
import { type Cut, fitValue, omitFromValue } from './fit-value.js';

/** What a model learns of a problem. */
interface ProblemView {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  /** Arguments that are wrong, as JSON Pointers. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly retryAfterSeconds?: number;
  /** Of a refused change of what has versions: the version that it has now; null where nothing is there. */
  readonly currentVersion?: number | null;
}

/** Where a client reads the value of a result: in the structured content with a short text beside it, or in the text alone. */
export const resultForms = ['structured', 'text'] as const;

export type ResultForm = (typeof resultForms)[number];

/** Where a client finds the problem as data: `structuredContent` is promised to be what the output schema says. */
const PROBLEM_META = 'keepsake/problem';

/** What arguments of tools are called as headers, where problems name them so. */
const ARGUMENTS_OF_HEADERS: Readonly<Record<string, string>> = {
  '/if-match': '/ifMatch',
  '/if-none-match': '/ifNoneMatch',
};

/** Characters of JSON that the value of a result has: about a tenth of a usual model's window. */
const MAX_VALUE = 60_000;
/** Characters of the text beside a structured value. */
const MAX_TEXT = 4000;
/** As long as the longest label is: identifiers, labels and hashes stay whole in a value. */
const SHORTEST_IN_VALUE = 300;
const SHORTEST_IN_TEXT = 60;
const MAX_CUTS = 20;

export function isRefused({ status }: RestAnswer): boolean {
  return status >= 400;
}

export function problemViewOf({ body, status, retryAfterSeconds }: RestAnswer): ProblemView {
  const { code, detail, requestId, errors, currentVersion } = body as Problem;
  return {
    code,
    status,
    detail,
    requestId,
    errors: errors.map(({ pointer, detail: said }) => ({
      pointer: ARGUMENTS_OF_HEADERS[pointer] ?? pointer,
      detail: said,
    })),
    ...(currentVersion === undefined ? {} : { currentVersion }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/**
 * The answer in a size that a model can read: what was sent is not sent back, long texts come in parts.
 * @param left what of its list was left out already, since the route was asked for fewer
 */
export function toToolResult(
  tool: Pick<Tool, 'definition'>,
  answer: RestAnswer,
  page: TextPage | undefined,
  form: ResultForm,
  left?: Cut,
): CallToolResult {
  if (isRefused(answer)) return toErrorResult(withArgumentNames(tool.definition, problemViewOf(answer)));
  const value = withTag(toValue(tool, answer.body ?? {}, page, left), answer.etag);
  if (form === 'text') return { content: [{ type: 'text', text: toText(tool, value, Infinity) }] };
  return { content: [{ type: 'text', text: toText(tool, value, MAX_TEXT) }], structuredContent: value };
}

/** With the tag of the state that is answered, for a change that is to be made on that state alone. */
function withTag(value: Record<string, unknown>, etag: string | undefined): Record<string, unknown> {
  return etag === undefined || !namesState(etag) ? value : { ...value, etag };
}

/** An error that the model can see and mend. */
export function toErrorResult(problem: ProblemView): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: JSON.stringify(problem) }],
    _meta: { [PROBLEM_META]: problem },
  };
}

/**
 * How many items of a list of the answer have room. Where these are not all, the route is to be asked for so many: it knows
 * which ones those are, and where the rest is read on.
 */
export function itemsWithRoom({ body }: RestAnswer, list: string, omits: readonly string[] = []): number {
  const value = omits.reduce(omitFromValue, body);
  const fitted = fitValue(value, MAX_VALUE, SHORTEST_IN_VALUE).value as Record<string, readonly unknown[]>;
  return fitted[list]?.length ?? 0;
}

/** What a resource of JSON holds: as much as a model can read, and how the rest is read. */
export function toResourceValue({ body }: RestAnswer, readOn: string, left?: Cut): unknown {
  const { value, cuts } = fitValue(body, MAX_VALUE, SHORTEST_IN_VALUE);
  const all = left === undefined ? cuts : [left, ...cuts];
  return all.length === 0 ? value : { ...(value as Record<string, unknown>), shortened: toShortened(all, readOn) };
}

function toValue(
  { definition }: Pick<Tool, 'definition'>,
  body: unknown,
  page: TextPage | undefined,
  left: Cut | undefined,
) {
  const { omits = [], isWhole } = definition;
  const value = omits.reduce(omitFromValue, body) as Record<string, unknown>;
  if (isWhole === true) return value;
  const paged = page === undefined ? {} : pageIn(definition, value, page);
  const others = Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(paged, name)));
  // A part is as long as it says: what is beside it gives way.
  const room = MAX_VALUE - JSON.stringify(paged).length;
  const { value: fitted, cuts: shortened } = fitValue(others, room, SHORTEST_IN_VALUE);
  const cuts = left === undefined ? shortened : [left, ...shortened];
  const whole = { ...value, ...(fitted as Record<string, unknown>), ...paged };
  const readOn = readOnOf(definition, paged['range']);
  return cuts.length === 0 && readOn === undefined
    ? whole
    : { ...whole, shortened: toShortened(cuts, readOn ?? definition.readOn ?? 'Ask for less at a time.') };
}

/** The part of the answer that is read in parts, and which one it is. */
function pageIn(
  { pages = '', pageOf: form }: ToolDefinition,
  value: Readonly<Record<string, unknown>>,
  page: TextPage,
): Record<string, unknown> {
  const given = value[pages];
  if (form === 'json') {
    const { shown, range } = pageOfValue(given, page);
    return { [pages]: shown, range };
  }
  if (typeof given !== 'string') return {};
  const { text, range } = pageOf(given, page);
  return { [pages]: text, range };
}

/** How a part that is not the last is read on, where the tool itself does not. */
function readOnOf({ readsOnWith }: ToolDefinition, range: unknown): string | undefined {
  const { nextOffset = null } = (range ?? {}) as { readonly nextOffset?: number | null };
  if (readsOnWith === undefined || nextOffset === null) return undefined;
  return `Read on with ${readsOnWith}, from the offset ${nextOffset}.`;
}

function toShortened(cuts: readonly Cut[], readOn: string) {
  return { parts: cuts.slice(0, MAX_CUTS), more: Math.max(0, cuts.length - MAX_CUTS), readOn };
}

function toText(
  { definition }: Pick<Tool, 'definition'>,
  value: Record<string, unknown>,
  maxCharacters: number,
): string {
  const { value: fitted, cuts } =
    maxCharacters === Infinity ? { value, cuts: [] } : fitValue(value, maxCharacters, SHORTEST_IN_TEXT);
  const json = JSON.stringify(fitted);
  const text = definition.recalls === true ? fenced(json, sourceOf(definition.name, value)) : json;
  if (cuts.length === 0) return text;
  return `${text}\nShortened here: structuredContent holds the value. Where only this text is read, connect with results=text.`;
}

/** Where the stored texts of an answer come from; each that is one of several says it itself. */
function sourceOf(tool: string, { id, label, version }: Record<string, unknown>): string {
  return typeof label === 'string' ? `context ${String(id)}, version ${String(version)} of ${label}` : tool;
}
