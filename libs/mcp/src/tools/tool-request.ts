import { escapePointer, findUnsafeText } from '#http';
import { DomainError, type ErrorIssue } from '#kernel';
import type { RestCall } from '../rest/rest-api.js';
import type { ToolArguments } from './tool.js';
import type { Tool } from './tool-catalogue.js';

/**
 * The request that a call of a tool means. Whatever the route can check itself is left to it: here is refused only what
 * would make another request of it.
 * @param args as `readArguments` gives them
 * @param project of the connection
 * @throws DomainError `invalid-request` for a path that can't be written, and texts that no field takes
 */
export function toRestCall(tool: Tool, args: ToolArguments, project: string | undefined): RestCall {
  const unsafe = findUnsafeText(args);
  if (unsafe !== undefined) throw invalid(unsafe);
  const filled = withProject(tool, args, project);
  const path = tool.route.path.replaceAll(/:(\w+)/g, (_, name: string) => inPath(name, filled[name]));
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  const queryFields = new Set(tool.queryFields);
  // A field that the route does not know goes where the route looks for such fields, and is told.
  const takesBody = tool.route.body !== undefined;
  for (const [name, value] of Object.entries(filled)) {
    if (tool.pathFields.includes(name)) continue;
    if (takesBody && !queryFields.has(name)) body[name] = value;
    else for (const each of [value].flat()) query.append(name, inQuery(name, each));
  }
  const search = query.size === 0 ? '' : `?${query}`;
  return { method: tool.route.method, path: `${path}${search}`, body: takesBody ? body : undefined };
}

function withProject({ definition, input }: Tool, args: ToolArguments, project: string | undefined): ToolArguments {
  if (project === undefined || args['project'] !== undefined) return args;
  const fills = definition.fillsProject?.(args) ?? input.properties['project']?.['default'] !== undefined;
  return fills ? { ...args, project } : args;
}

function inPath(name: string, value: unknown): string {
  const pointer = `/${name}`;
  if (value === undefined || value === null) throw invalid({ pointer, detail: 'is missing' });
  if (typeof value !== 'string' && typeof value !== 'number') throw invalid({ pointer, detail: 'must be a text' });
  // URL parsers resolve these, however they are encoded: the path of another route would be left.
  if (['', '.', '..'].includes(String(value))) throw invalid({ pointer, detail: 'must not be empty, . or ..' });
  return encodeURIComponent(value);
}

/** No field of a query is an object or null: as its text it would pass for a text. */
function inQuery(name: string, value: unknown): string {
  if (typeof value === 'object') throw invalid({ pointer: `/${escapePointer(name)}`, detail: 'is of a wrong type' });
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function invalid(issue: ErrorIssue): DomainError {
  return new DomainError({
    code: 'invalid-request',
    kind: 'invalid',
    detail: `The request is not valid: ${issue.pointer} ${issue.detail}.`,
    issues: [issue],
  });
}
