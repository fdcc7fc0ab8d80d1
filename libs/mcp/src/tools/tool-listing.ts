import type { Tool as ListedTool } from '@modelcontextprotocol/server';
import type { Scope } from '#kernel';
import type { McpConnection } from '../server/mcp-connection.js';
import type { Effect } from './tool.js';
import type { Tool } from './tool-catalogue.js';
import { fillsProject } from './tool-request.js';

const hints = {
  reads: { readOnlyHint: true, destructiveHint: false },
  adds: { readOnlyHint: false, destructiveHint: false },
  changes: { readOnlyHint: false, destructiveHint: true },
  removes: { readOnlyHint: false, destructiveHint: true },
} as const satisfies Record<Effect, object>;

export function mayCall({ scopes: needed }: Tool, scopes: ReadonlySet<Scope>): boolean {
  return needed.every((scope) => scopes.has(scope));
}

/** As the settings of a connection have it: the project where none is named, and an output schema where results have structure. */
export function toListedTool(tool: Tool, { project, results }: Pick<McpConnection, 'project' | 'results'>): ListedTool {
  const { definition, input, output } = tool;
  const { name, title, description, effect, idempotent } = definition;
  return {
    name,
    title,
    description,
    inputSchema: asJson(project === undefined ? input : withDefault(tool, project)),
    ...(results === 'text' ? {} : { outputSchema: asJson(output) }),
    annotations: {
      title,
      ...hints[effect],
      idempotentHint: effect === 'reads' || idempotent === true,
      // Nothing but this memory is reached.
      openWorldHint: false,
    },
  };
}

/** Where the connection's project is taken, a call need not name one. */
function withDefault(tool: Tool, project: string): Tool['input'] {
  const { input } = tool;
  const { project: schema, ...others } = input.properties;
  if (schema === undefined || !fillsProject(tool, {})) return input;
  const required = input.required?.filter((name) => name !== 'project');
  const properties = { project: { ...schema, default: project }, ...others };
  return { ...input, properties, ...(required === undefined ? {} : { required }) };
}

/** The SDK spells out what JSON is; a schema made by zod is that. */
function asJson(schema: Tool['input']): ListedTool['inputSchema'] {
  return schema as unknown as ListedTool['inputSchema'];
}
