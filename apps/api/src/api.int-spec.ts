import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { loadConfig } from '#config';
import { ACCESS } from '#http';
import {
  findStrictIssues,
  readArguments,
  RouteCatalogue,
  shapeOf,
  strictRules,
  ToolCatalogue,
  toolDefinitions,
} from '#mcp';
import { productVersion } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { ApiModule } from './api.module.js';
import { type RunningApi, startApi } from './start-api.js';

/** Of what is answered with, unless it is JSON. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  'GET /metrics': 'text/plain',
  'GET /v1/projects/{project}/export': 'application/gzip',
};

let testDatabase: TestDatabase;
let api: RunningApi;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const config = loadConfig({ DATABASE_URL: testDatabase.url, PORT: '0', LOG_LEVEL: 'silent' });
  api = await startApi(ApiModule.forRoot(config), config);
});
afterAll(async () => {
  await api?.app.close();
  await testDatabase?.drop();
});

describe('the description of the API', () => {
  interface Operation {
    readonly operationId: string;
    readonly summary: string;
    readonly security?: readonly Record<string, string[]>[];
    readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
    readonly requestBody?: { content: Record<string, { schema: object }> };
    readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
  }
  let document: any;
  /** By `GET /v1/contexts/{id}`. */
  let operations: Map<string, Operation>;

  beforeAll(async () => {
    document = await (await fetch(`${api.url}/openapi.json`)).json();
    operations = new Map(
      Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
      ),
    );
  });

  /** Every route of every controller, with its access rule. */
  function routes(): { name: string; access: unknown }[] {
    const scanner = new MetadataScanner();
    return api.app
      .get(DiscoveryService, { strict: false })
      .getControllers()
      .flatMap(({ metatype }) => {
        const prototype = metatype?.prototype as Record<string, object>;
        const base = Reflect.getMetadata(PATH_METADATA, metatype ?? {}) as string;
        return scanner.getAllMethodNames(prototype).flatMap((method) => {
          const handler = prototype[method] ?? {};
          const path = Reflect.getMetadata(PATH_METADATA, handler) as string | undefined;
          if (path === undefined) return [];
          const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number];
          const whole = `/${base}/${path}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
          return [
            { name: `${verb} ${whole.replaceAll(/:(\w+)/g, '{$1}')}`, access: Reflect.getMetadata(ACCESS, handler) },
          ];
        });
      });
  }

  it('is OpenAPI 3.1, of which every part is a valid JSON Schema (2020-12) and every reference leads somewhere', () => {
    expect(document).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: expect.any(String), version: productVersion() },
      servers: [{ url: expect.any(String) }],
      components: { securitySchemes: { credential: { type: 'http', scheme: 'bearer' } } },
    });
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ ...document, $id: 'urn:keepsake:api' });
    const schemas: object[] = Object.keys(document.components.schemas).map((name) => ({
      $ref: `urn:keepsake:api#/components/schemas/${name}`,
    }));
    for (const { parameters, requestBody, responses } of operations.values()) {
      schemas.push(...parameters.map(({ schema }) => schema));
      for (const content of [requestBody?.content, ...Object.values(responses).map((response) => response.content)])
        schemas.push(...Object.values(content ?? {}).map(({ schema }) => schema));
    }
    expect(schemas.length).toBeGreaterThan(100);
    for (const schema of schemas) {
      const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"urn:keepsake:api#/');
      expect(() => ajv.compile(JSON.parse(text))).not.toThrow();
    }
  });

  it('names every route, and no other', () => {
    expect([...operations.keys()].toSorted()).toEqual(
      routes()
        .map(({ name }) => name)
        .toSorted(),
    );
    expect(operations.size).toBeGreaterThan(40);
  });

  it('says of every route which scopes it asks for', () => {
    for (const { name, access } of routes())
      expect([name, operations.get(name)?.security]).toEqual([
        name,
        access === 'public' ? [] : [{ credential: access }],
      ]);
  });

  it('says of every route what it does, what it takes, what it answers, and that problems are problem+json', () => {
    for (const [name, { summary, parameters, responses }] of operations) {
      expect([name, summary]).toEqual([name, expect.stringMatching(/.{5}/)]);
      const declared = parameters.filter((parameter) => parameter.in === 'path');
      expect([name, declared.map((parameter) => parameter.name)]).toEqual([
        name,
        [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter),
      ]);
      expect(declared.every(({ required }) => required)).toBe(true);
      const { default: problem, '4XX': refusal, ...successes } = responses;
      expect(refusal).toEqual(problem);
      expect([name, problem?.content]).toEqual([
        name,
        { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      ]);
      // Where the server is down, its health is reported all the same.
      const isReported = (status: string) => /^2\d\d$/.test(status) || (name === 'GET /health' && status === '503');
      expect(Object.keys(successes).filter((status) => !isReported(status))).toEqual([]);
      for (const [status, { content }] of Object.entries(successes))
        expect([name, status, Object.keys(content ?? {})]).toEqual([
          name,
          status,
          status === '204' || `${status} ${name}` === '202 POST /mcp' ? [] : [MEDIA_TYPES[name] ?? 'application/json'],
        ]);
    }
  });

  it('has one name for each operation', () => {
    const ids = [...operations.values()].map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('reports where an Idempotency-Key is understood', () => {
    const takes = (name: string) => operations.get(name)?.parameters.some((each) => each.name === 'Idempotency-Key');
    expect(takes('POST /v1/contexts')).toBe(true);
    expect(takes('POST /v1/contexts/recall')).toBe(false);
    expect(takes('GET /v1/contexts')).toBe(false);
  });
});

describe('a path with a free text in it', () => {
  it('is the same with its slashes encoded and decoded, on every route that has such a part', async () => {
    const codeOf = async (method: string, path: string) =>
      ((await (await fetch(`${api.url}${path}`, { method })).json()) as { code: string }).code;
    let tried = 0;
    for (const { name, method, path, params } of api.app.get(RouteCatalogue, { strict: false }).allRoutes().values())
      for (const [part, schema] of Object.entries(shapeOf(params)))
        if (schema.safeParse('docs/adr/0002.md').success) {
          const at = (text: string) => path.replace(`:${part}`, text).replaceAll(/:\w+/g, 'x');
          const code = await codeOf(method, at('docs%2Fadr%2F0002.md'));
          expect(code).not.toBe('route-not-found');
          expect([name, await codeOf(method, at('docs/adr/0002.md'))]).toEqual([name, code]);
          tried++;
        }
    expect(tried).toBeGreaterThan(1);
    expect(await codeOf('GET', '/v1/projects/x/unknown/docs/adr/0002.md')).toBe('route-not-found');
  });
});

describe('the tools', () => {
  /**
   * Routes that agents do not need: running the installation, handing out access, sending what happens elsewhere, files,
   * speaking the protocol itself.
   */
  const WITHOUT_A_TOOL =
    /^\w+ \/(health|metrics|mcp|v1\/(admin|auth|keys|models|webhooks|workspaces|projects\/:project\/(export|import|transcripts)))(\/|$)/;

  /** People have people erased. */
  const BY_PEOPLE = new Set(['DELETE /v1/users/:user', 'GET /v1/users/:user/erasure']);

  it('cover every route that an agent needs, each once', () => {
    const routes = [...api.app.get(RouteCatalogue, { strict: false }).allRoutes().keys()];
    const needed = routes.filter((name) => !WITHOUT_A_TOOL.test(name) && !BY_PEOPLE.has(name));
    const byUsualName = toolDefinitions.filter(({ alsoKnownAs }) => alsoKnownAs === undefined);
    expect(byUsualName.map(({ route }) => route).toSorted()).toEqual(needed.toSorted());
    const routeOf = (tool: string | undefined) => byUsualName.find(({ name }) => name === tool)?.route;
    for (const { name, route, alsoKnownAs } of toolDefinitions)
      if (alsoKnownAs !== undefined) expect([name, routeOf(alsoKnownAs)]).toEqual([name, route]);
    expect(new Set(toolDefinitions.map(({ name }) => name)).size).toBe(toolDefinitions.length);
  });

  it('of the profile core are about ten, with names and descriptions that a model can pay for', () => {
    const core = toolDefinitions.filter(({ core: isCore }) => isCore);
    expect(core.length).toBeGreaterThan(7);
    // Three of them are for clients that know no others.
    expect(core.length).toBeLessThanOrEqual(13);
    for (const { name, description } of toolDefinitions) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect([name, description.length < 250]).toEqual([name, true]);
    }
  });

  it('take arguments that every client can write, and answer by schemas that every client can read', () => {
    const tools = api.app.get(ToolCatalogue, { strict: false }).toolsOf('full');
    expect(tools.length).toBe(toolDefinitions.length);
    const strictest = new Ajv({ strict: true, formats: { 'date-time': true } });
    const usual = new Ajv({ logger: false });
    for (const { definition, input, output } of tools) {
      expect([definition.name, findStrictIssues({ ...input })]).toEqual([definition.name, []]);
      expect(definition.name).toMatch(strictRules.toolName);
      expect(() => strictest.compile(input)).not.toThrow();
      expect(() => usual.compile(output)).not.toThrow();
    }
  });

  it('take null and an empty text for every optional argument as absent, also within the items of an array', () => {
    const tools = api.app.get(ToolCatalogue, { strict: false }).toolsOf('full');
    let tried = 0;
    for (const { definition, input } of tools)
      for (const name of Object.keys(input.properties))
        for (const value of [null, ''])
          if (input.required?.includes(name) !== true) {
            expect([definition.name, readArguments(input, { [name]: value })]).toEqual([definition.name, {}]);
            tried++;
          }
    expect(tried).toBeGreaterThan(150);
  });

  it('say whether they only read as their routes do', () => {
    const routes = api.app.get(RouteCatalogue, { strict: false }).allRoutes();
    for (const { name, route, effect } of toolDefinitions) {
      const access: readonly unknown[] = [routes.get(route)?.access].flat();
      const writes = access.includes('memory:write') || access.includes('operator');
      if (effect === 'reads') expect([name, writes]).toEqual([name, false]);
      if (route.startsWith('GET ')) expect([name, effect]).toEqual([name, 'reads']);
    }
  });
});

describe('the entities', () => {
  it('have exactly the columns, types and keys of the migrated schema', async () => {
    const dataSource = api.app.get(DataSource, { strict: false });
    const rows = await dataSource.query<
      { table: string; name: string; type: string; nullable: boolean; primary: boolean }[]
    >(`
      SELECT t.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
        NOT a.attnotnull AS nullable,
        EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey))
          AS primary
      FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
      WHERE t.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`);
    const actual = new Map(rows.map(({ table, name, ...column }) => [`${table}.${name}`, column]));
    const columns = dataSource.entityMetadatas.flatMap((entity) =>
      // Those that a query makes are in no table.
      entity.columns.filter((column) => !column.isVirtualProperty).map((column) => ({ entity, column })),
    );
    expect(columns.length).toBeGreaterThan(10);
    for (const { entity, column } of columns) {
      const name = `${entity.tableName}.${column.databaseName}`;
      const type = `${dataSource.driver.normalizeType(column)}${column.isArray ? '[]' : ''}`;
      expect([name, actual.get(name)]).toEqual([
        name,
        { type, nullable: column.isNullable, primary: column.isPrimary },
      ]);
    }
  });
});
