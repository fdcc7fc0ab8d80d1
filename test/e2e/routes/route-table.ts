import type { Api } from '#test/support/api.js';

type JsonSchema = Readonly<Record<string, any>>;

/** One route as the OpenAPI document describes it. */
export interface Route {
  /** `GET /v1/contexts/{id}` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
  readonly pathParameters: readonly string[];
  readonly queryParameters: readonly string[];
  /** Those that are numbers. */
  readonly numericParameters: readonly string[];
  /** The schema of the body with references resolved; undefined where the route takes none. */
  readonly body: JsonSchema | undefined;
}

/** Every route that the running server describes: a route that is not in the document is not tested, nor documented. */
export async function routesOf(api: Api): Promise<Route[]> {
  const { body: document } = await api.get('/openapi.json');
  const routes: Route[] = [];
  for (const [path, operations] of Object.entries<JsonSchema>(document.paths)) {
    for (const [method, operation] of Object.entries<JsonSchema>(operations)) {
      const parameters: { name: string; in: string; schema?: { type?: string } }[] = operation.parameters ?? [];
      const schema = operation.requestBody?.content?.['application/json']?.schema;
      routes.push({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        isPublic: (operation.security ?? []).length === 0,
        pathParameters: parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        queryParameters: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
        numericParameters: parameters
          .filter(({ in: part, schema: of }) => part === 'query' && /integer|number/.test(of?.type ?? ''))
          .map(({ name }) => name),
        body: schema === undefined ? undefined : resolve(schema, document),
      });
    }
  }
  return routes;
}

export function fillPath(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? `missing-${name}`));
}

function resolve(schema: JsonSchema, document: JsonSchema, depth = 0): JsonSchema {
  if (depth > 12) return schema;
  if (typeof schema['$ref'] === 'string') {
    const target = schema['$ref']
      .slice(2)
      .split('/')
      .reduce<any>((part, key) => part?.[key], document);
    return resolve(target, document, depth + 1);
  }
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === 'properties')
      return [
        key,
        Object.fromEntries(
          Object.entries(value as JsonSchema).map(([name, part]) => [
            name,
            resolve(part as JsonSchema, document, depth + 1),
          ]),
        ),
      ];
    if (key === 'items') return [key, resolve(value as JsonSchema, document, depth + 1)];
    if (key === 'anyOf' || key === 'oneOf' || key === 'allOf')
      return [key, (value as JsonSchema[]).map((part) => resolve(part, document, depth + 1))];
    return [key, value];
  });
  return Object.fromEntries(entries);
}
