import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Route, RouteCatalogue } from '../routes/route-catalogue.js';
import { ToolCatalogue, toolDefinitions } from './tool-catalogue.js';

const sent = { content: z.string(), metadata: z.string(), text: z.string() };
/** With every field that some tool looks for. */
const item = z.object({ context: z.object(sent), scores: z.unknown(), channels: z.unknown() });
const anyAnswer = z.object({ ...sent, value: z.unknown(), items: z.array(item) });
/** With every field that some tool gives another name. */
const anyQuery = z.strictObject({ q: z.string().optional() });

function routeOf(name: string, parts: Partial<Route> = {}): Route {
  const [method = '', path = ''] = name.split(' ');
  const [params, query, body] = [undefined, undefined, undefined];
  return {
    name,
    method,
    path,
    access: ['memory:read'],
    params,
    query,
    body,
    response: anyAnswer,
    conditional: false,
    ...parts,
  };
}

/** Of an application that has these routes, and every other one that a tool is made of. */
function catalogueOf(routes: readonly Route[], without?: string): ToolCatalogue {
  const all = new Map(toolDefinitions.map(({ route }) => [route, routeOf(route, { query: anyQuery })]));
  for (const route of routes) all.set(route.name, route);
  if (without !== undefined) all.delete(without);
  return new ToolCatalogue({ allRoutes: () => all } as unknown as RouteCatalogue);
}

describe('the tools', () => {
  it('take what their routes take, as arguments and not as text', () => {
    const tools = catalogueOf([
      routeOf('GET /v1/contexts/:id/diff', {
        params: z.strictObject({ id: z.uuid() }),
        query: z.strictObject({
          limit: z.coerce.number().int().default(5),
          live: z.enum(['true', 'false']).default('false'),
          tags: z
            .union([z.string(), z.array(z.string())])
            .transform((value) => [value].flat())
            .optional(),
        }),
        response: z.object({ a: z.string() }),
      }),
    ]);
    expect(tools.find('context_diff', 'full')).toMatchObject({
      input: {
        type: 'object',
        properties: {
          id: { type: 'string', description: 'A UUID.' },
          limit: { type: 'integer', default: 5 },
          live: { type: 'boolean', default: false },
          tags: { type: 'array', items: { type: 'string' } },
        },
        required: ['id'],
        additionalProperties: false,
      },
      output: { type: 'object', properties: { a: { type: 'string' } } },
      pathFields: ['id'],
      queryFields: ['limit', 'live', 'tags'],
    });
    expect(tools.find('context_diff', 'core')).toBeUndefined();
  });

  it('answer what their routes answer, without what was sent, long texts in parts', () => {
    const tools = catalogueOf([]);
    const fieldsOf = (name: string) => Object.keys(tools.find(name, 'full')?.output.properties ?? {});
    expect(fieldsOf('context_store')).toEqual(['text', 'value', 'items', 'etag', 'redactionReport', 'shortened']);
    expect(fieldsOf('context_get')).toEqual([
      'content',
      'metadata',
      'text',
      'value',
      'items',
      'etag',
      'range',
      'shortened',
    ]);
    expect(fieldsOf('embed')).toEqual(['content', 'metadata', 'text', 'value', 'items', 'etag']);
    expect(tools.find('context_get', 'core')?.input.properties).toMatchObject({
      offset: { type: 'integer' },
      length: { type: 'integer' },
    });
  });

  it('cannot be listed where an answer has a field of a name that tools add', () => {
    const clashing = routeOf('GET /v1/handovers/latest', { response: z.object({ shortened: z.boolean() }) });
    expect(() => catalogueOf([clashing]).toolsOf('full')).toThrow('handover_latest has a field shortened');
  });

  it('take the tag of a state where their route takes preconditions', () => {
    const tools = catalogueOf([
      routeOf('PATCH /v1/contexts/:id', { conditional: true }),
      routeOf('PUT /v1/agents/:agent/state', { conditional: true }),
    ]);
    const argumentsOf = (name: string) => Object.keys(tools.find(name, 'full')?.input.properties ?? {});
    expect(argumentsOf('context_update')).toContain('ifMatch');
    expect(argumentsOf('context_update')).not.toContain('ifNoneMatch');
    expect(argumentsOf('agent_state_put')).toEqual(expect.arrayContaining(['ifMatch', 'ifNoneMatch']));
    expect(argumentsOf('context_archive')).not.toContain('ifMatch');
  });

  it('cannot be listed where a route has a field of a name that tools add', () => {
    const body = z.strictObject({ ifMatch: z.string() });
    const clashing = routeOf('PATCH /v1/contexts/:id', { conditional: true, body });
    expect(() => catalogueOf([clashing]).toolsOf('full')).toThrow('context_update takes a field ifMatch');
  });

  it('show some arguments alone, under names of their own, without those that every call sends', () => {
    const search = routeOf('GET /v1/search', {
      query: z.strictObject({
        project: z.string().default('p'),
        q: z.string().max(5),
        mode: z.string().optional(),
        textLength: z.coerce.number().int().default(0),
      }),
    });
    const tools = catalogueOf([search]);
    const { input, output } = tools.find('recall', 'core')!;
    expect(input).toMatchObject({ properties: { query: { type: 'string', maxLength: 5 } }, required: ['query'] });
    expect(Object.keys(input.properties)).toEqual(['query', 'project']);
    expect(Object.keys((output.properties['items'] as any).items.properties)).toEqual(['context']);
    const inProject = routeOf('POST /v1/contexts', { body: z.strictObject({ colour: z.string() }) });
    expect(() => catalogueOf([inProject]).toolsOf('full')).toThrow('remember does not show colour');
    const without = routeOf('GET /v1/search', { query: z.strictObject({}) });
    expect(() => catalogueOf([without]).toolsOf('full')).toThrow('recall renames q');
  });

  it('end the start where a route is gone', () => {
    const tools = catalogueOf([], 'GET /v1/search');
    expect(() => tools.onApplicationBootstrap()).toThrow('GET /v1/search, which is no route');
  });

  it('cannot be listed where two parts of a request have a field of one name', () => {
    const clashing = routeOf('PATCH /v1/contexts/:id', {
      params: z.strictObject({ id: z.uuid() }),
      body: z.strictObject({ id: z.string() }),
    });
    expect(() => catalogueOf([clashing]).toolsOf('full')).toThrow('takes id in two parts');
  });
});

it('every tool is in the guide', async () => {
  const guide = await readFile(new URL('../../../../docs/guides/mcp.md', import.meta.url), 'utf8');
  expect(toolDefinitions.filter(({ name }) => !guide.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
});
