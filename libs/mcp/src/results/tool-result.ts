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
 * @param fitted what `fitAnswer` says of it; absent where it is a refusal
 */
export function toToolResult(
  tool: Pick<Tool, 'definition'>,
  answer: RestAnswer,
  fitted: FittedAnswer | undefined,
  form: ResultForm,
): CallToolResult {
  if (fitted === undefined) return toErrorResult(withArgumentNames(tool.definition, problemViewOf(answer)));
  const value = withTag(withShortened(fitted, tool.definition.readOn), answer.etag);
  if (form === 'text') return { content: [{ type: 'text', text: toText(tool, value, Infinity) }] };
  return { content: [{ type: 'text', text: toText(tool, value, MAX_TEXT) }], structuredContent: value };
}

/** With the tag of the state that is answered, for a change that is to be made on that state alone. */
function withTag(value: Readonly<Record<string, unknown>>, etag: string | undefined): Record<string, unknown> {
  return etag === undefined || !namesState(etag) ? { ...value } : { ...value, etag };
}

/** An error that the model can see and mend. */
export function toErrorResult(problem: ProblemView): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: JSON.stringify(problem) }],
    _meta: { [PROBLEM_META]: problem },
  };
}

/** An answer as far as it has room. */
export interface FittedAnswer {
  readonly value: Readonly<Record<string, unknown>>;
  /** None where all of it has room. */
  readonly cuts: readonly Cut[];
  /** How the part that is shown is read on, where the tool itself does not. */
  readonly readOn?: string | undefined;
}

/** What of an answer that is no refusal has room. */
export function fitAnswer(
  definition: Pick<ToolDefinition, 'omits' | 'isWhole' | 'pages' | 'pageOf' | 'readsOnWith'>,
  { body }: RestAnswer,
  page?: TextPage,
): FittedAnswer {
  const { omits = [], isWhole } = definition;
  const value = omits.reduce(omitFromValue, body ?? {}) as Record<string, unknown>;
  if (isWhole === true) return { value, cuts: [] };
  const paged = page === undefined ? {} : pageIn(definition, value, page);
  const others = Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(paged, name)));
  // A part is as long as it says: what is beside it gives way.
  const { value: fitted, cuts } = fitValue(others, MAX_VALUE - JSON.stringify(paged).length, SHORTEST_IN_VALUE);
  const readOn = readOnOf(definition, paged['range']);
  return { value: { ...value, ...(fitted as Record<string, unknown>), ...paged }, cuts, readOn };
}

/** With what is not shown of it. @param usual how the rest is read on, where the answer does not say it */
export function withShortened(
  { value, cuts, readOn }: FittedAnswer,
  usual = 'Ask for less at a time.',
): Readonly<Record<string, unknown>> {
  if (cuts.length === 0 && readOn === undefined) return value;
  return { ...value, shortened: toShortened(cuts, readOn ?? usual) };
}

/** The part of the answer that is read in parts, and which one it is. */
function pageIn(
  { pages = '', pageOf: form }: Pick<ToolDefinition, 'pages' | 'pageOf'>,
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
function readOnOf({ readsOnWith }: Pick<ToolDefinition, 'readsOnWith'>, range: unknown): string | undefined {
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
