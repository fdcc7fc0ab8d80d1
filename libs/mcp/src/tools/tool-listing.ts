import type { Tool as ListedTool } from '@modelcontextprotocol/server';
import type { Scope } from '#kernel';
import type { McpConnection } from '../server/mcp-connection.js';
import type { Effect } from './tool.js';
import type { Tool } from './tool-catalogue.js';

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
export function toListedTool(
  { definition, input, output }: Tool,
  { project, results }: Pick<McpConnection, 'project' | 'results'>,
): ListedTool {
  const { name, title, description, effect, idempotent } = definition;
  return {
    name,
    title,
    description,
    inputSchema: asJson(project === undefined ? input : withDefault(input, project)),
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

function withDefault(input: Tool['input'], project: string): Tool['input'] {
  const { project: schema, ...others } = input.properties;
  if (schema?.['default'] === undefined) return input;
  return { ...input, properties: { project: { ...schema, default: project }, ...others } };
}

/** The SDK spells out what JSON is; a schema made by zod is that. */
function asJson(schema: Tool['input']): ListedTool['inputSchema'] {
  return schema as unknown as ListedTool['inputSchema'];
}
