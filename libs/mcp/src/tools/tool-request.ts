import { escapePointer, findInexactJson, findUnsafeText, invalidRequest, isNestedTooDeep } from '#http';
import type { RestCall } from '../http/rest-api.js';
import type { JsonSchema, ObjectSchema } from '../routes/json-schema.js';
import type { Tool } from './tool-catalogue.js';
import { toFieldNames } from './renamed-arguments.js';
import { takePreconditions } from './tool-preconditions.js';
import type { ToolArguments } from './tool.js';

/** Characters of all that is asked in a query, as they are given: more than any address that a server takes has room for. */
const MOST_IN_A_QUERY = 32_768;
const TOO_LONG = `makes the request too long: arguments that go into its address may have ${MOST_IN_A_QUERY} characters in all`;

/**
 * Arguments as models send them, read by the schema that they were shown: null and an empty text mean absent for what is
 * optional, at every level, and what is no text may come as JSON text. Free objects stay as they are, and so does
 * whatever is wrong: the route says why.
 */
export function readArguments(schema: ObjectSchema, args: ToolArguments): ToolArguments {
  return readObject(schema as unknown as JsonSchema, args);
}

function readObject(schema: JsonSchema, value: ToolArguments): ToolArguments {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = new Set(schema['required'] as readonly string[] | undefined);
  const entries = Object.entries(value).flatMap(([name, given]): [string, unknown][] => {
    const part = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (part === undefined) return [[name, given]];
    if (!required.has(name) && (given === null || given === '')) return [];
    return [[name, readValue(part, given)]];
  });
  return Object.fromEntries(entries);
}

function readValue(schema: JsonSchema, given: unknown): unknown {
  const value = typeof given === 'string' ? fromText(schema, given) : given;
  const { items, properties } = schema;
  if (Array.isArray(value))
    return items === undefined ? value : value.map((each) => readValue(items as JsonSchema, each));
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  return readObject(schema, value as ToolArguments);
}

/**
 * The value that a text is the JSON of, where the schema takes no text but such a value. Where it takes any value, a text
 * that is an object or a list in JSON is that: models write values so.
 */
function fromText(schema: JsonSchema, text: string): unknown {
  const types = typesOf(schema);
  const takesAnything = types.includes('string') && types.includes('object');
  if (types.length === 0 || (types.includes('string') && !(takesAnything && /^\s*[[{]/.test(text)))) return text;
  try {
    const value = JSON.parse(text) as unknown;
    if (findInexactJson(text) !== undefined) return text;
    const isMeant = types.some((type) => isOf(type, value)) && !isNestedTooDeep(value);
    return isMeant && findInexactJson(text) === undefined ? value : text;
  } catch {
    return text;
  }
}

function typesOf({ type, anyOf }: JsonSchema): string[] {
  if (typeof type === 'string') return [type];
  return Array.isArray(anyOf) ? (anyOf as JsonSchema[]).flatMap(typesOf) : [];
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  return typeof value === type;
}

/**
 * The request that a call of a tool means. Whatever the route can check itself is left to it: here is refused only what
 * would make another request of it.
 * @param args as `readArguments` gives them
 * @param project of the connection
 * @throws DomainError `invalid-request` for a path that can't be written, texts that no field takes, too many items and too long a query
 */
export function toRestCall(tool: Tool, args: ToolArguments, project: string | undefined): RestCall {
  const unsafe = findUnsafeText(args);
  if (unsafe !== undefined) throw invalidRequest([unsafe]);
  for (const [name, most] of Object.entries(tool.definition.mostItems ?? {})) {
    const given = args[name];
    if (Array.isArray(given) && given.length > most)
      throw invalidRequest([{ pointer: `/${name}`, detail: `takes at most ${most} items in a call of this tool` }]);
  }
  for (const [name, detail] of Object.entries(tool.definition.takesObjects ?? {}))
    if (args[name] !== undefined && !isOf('object', args[name]))
      throw invalidRequest([{ pointer: `/${name}`, detail }]);
  const { preconditions, others } = takePreconditions(tool.route, args);
  const filled = { ...withProject(tool, toFieldNames(tool.definition, others), project), ...tool.definition.sends };
  const path = tool.route.path.replaceAll(/:(\w+)/g, (_, name: string) => inPath(name, filled[name]));
  const query = new URLSearchParams();
  let length = 0;
  const body: Record<string, unknown> = {};
  const queryFields = new Set(tool.queryFields);
  // A field that the route does not know goes where the route looks for such fields, and is reported.
  const takesBody = tool.route.body !== undefined;
  for (const [name, value] of Object.entries(filled)) {
    if (tool.pathFields.includes(name)) continue;
    if (takesBody && !queryFields.has(name)) body[name] = value;
    else
      for (const each of [value].flat()) {
        const text = inQuery(name, each);
        length += text.length;
        if (length > MOST_IN_A_QUERY) throw invalidRequest([{ pointer: `/${escapePointer(name)}`, detail: TOO_LONG }]);
        query.append(name, text);
      }
  }
  const search = query.size === 0 ? '' : `?${query}`;
  const call = { method: tool.route.method, path: `${path}${search}`, body: takesBody ? body : undefined };
  return Object.keys(preconditions).length === 0 ? call : { ...call, preconditions };
}

function withProject(tool: Tool, args: ToolArguments, project: string | undefined): ToolArguments {
  if (project === undefined || args['project'] !== undefined) return args;
  return fillsProject(tool, args) ? { ...args, project } : args;
}

/** Whether such a call that names no project is about that of the connection. */
export function fillsProject({ definition, input }: Pick<Tool, 'definition' | 'input'>, args: ToolArguments): boolean {
  return definition.fillsProject?.(args) ?? input.properties['project']?.['default'] !== undefined;
}

function inPath(name: string, value: unknown): string {
  const pointer = `/${name}`;
  if (value === undefined || value === null) throw invalidRequest([{ pointer, detail: 'is missing' }]);
  if (typeof value !== 'string' && typeof value !== 'number')
    throw invalidRequest([{ pointer, detail: 'must be a text' }]);
  // URL parsers resolve these, however they are encoded: the path of another route would be left.
  if (['', '.', '..'].includes(String(value)))
    throw invalidRequest([{ pointer, detail: 'must not be empty, . or ..' }]);
  return encodeURIComponent(value);
}

/** No field of a query is an object or null: as its text it would pass for a text. */
function inQuery(name: string, value: unknown): string {
  if (typeof value === 'object')
    throw invalidRequest([{ pointer: `/${escapePointer(name)}`, detail: 'is of a wrong type' }]);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
