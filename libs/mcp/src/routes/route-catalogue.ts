import { Injectable, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { CLASS_SERIALIZER_OPTIONS } from '@nestjs/common/serializer/class-serializer.constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { z } from 'zod';
import { ACCESS, type EndpointOptions, LONG_ANSWER } from '#http';

/** A route of the HTTP interface, as its controller declares it. */
export interface Route {
  /** `POST /v1/sessions/:id/end` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly access: EndpointOptions['access'];
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly response: z.ZodType | undefined;
}

/** Every route of the running application with its schemas: what REST checks and what tools promise is one thing. */
@Injectable()
export class RouteCatalogue {
  private known: ReadonlyMap<string, Route> | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** By name. Complete once every module is initialised. */
  allRoutes(): ReadonlyMap<string, Route> {
    return (this.known ??= new Map(
      this.discovery
        .getControllers()
        .flatMap(({ metatype }) => (metatype === null ? [] : this.routesOf(metatype)))
        .map((route) => [route.name, route]),
    ));
  }

  private routesOf(controller: object & { readonly prototype?: object }): Route[] {
    const prototype = (controller.prototype ?? {}) as Record<string, object>;
    const base = Reflect.getMetadata(PATH_METADATA, controller) as string;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name] ?? {};
      const own = Reflect.getMetadata(PATH_METADATA, handler) as string | undefined;
      if (own === undefined) return [];
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? '';
      const path = `/${base}/${own}`.replaceAll(/\/+/g, '/').replace(/\/$/, '');
      const { schema: response } = (Reflect.getMetadata(CLASS_SERIALIZER_OPTIONS, handler) ?? {}) as {
        schema?: z.ZodType;
      };
      return [
        {
          name: `${method} ${path}`,
          method,
          path,
          access: (Reflect.getMetadata(ACCESS, handler) ?? []) as EndpointOptions['access'],
          ...inputsOf(controller, name),
          response: response ?? (Reflect.getMetadata(LONG_ANSWER, handler) as z.ZodType | undefined),
        },
      ];
    });
  }
}

function inputsOf(controller: object, handler: string): Pick<Route, 'params' | 'query' | 'body'> {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { readonly schema?: z.ZodType }
  >;
  const schemaOf = (type: RouteParamtypes) =>
    Object.entries(args).find(([key]) => key.startsWith(`${type}:`))?.[1].schema;
  return {
    params: schemaOf(RouteParamtypes.PARAM),
    query: schemaOf(RouteParamtypes.QUERY),
    body: schemaOf(RouteParamtypes.BODY),
  };
}

/** A JSON Schema (2020-12) of an object, in the parts that tools need. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The object that a schema of a request part describes, without what stands around it (a default, a prefault). */
export function shapeOf(schema: z.ZodType | undefined): Readonly<Record<string, z.ZodType>> {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) inner = inner.unwrap() as z.ZodType;
  return inner instanceof z.ZodObject ? inner.shape : {};
}

/** @param io what a caller sends, or what is answered */
export function toObjectSchema(schema: z.ZodType, io: 'input' | 'output'): ObjectSchema {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema & {
    $defs?: Record<string, JsonSchema>;
  };
  const named = typeof root['$ref'] === 'string' ? lastPartOf(root['$ref']) : undefined;
  const { [named ?? '']: target = root, ...others } = $defs;
  const defs = Object.fromEntries(
    Object.entries(others)
      .filter(([name]) => !isAnyJson(name))
      .map(([name, part]) => [name, slim(part, io)]),
  );
  const slimmed = slim(target, io) as unknown as ObjectSchema;
  return Object.keys(defs).length === 0 ? slimmed : { ...slimmed, $defs: defs };
}

/**
 * Without what a model pays for and learns nothing from: patterns beside a format that says the same, the bounds of
 * safe integers, names of properties that are strings anyway, the recursive definition of any JSON, and formats of what
 * is answered, which some clients' validators do not know.
 */
function slim(schema: JsonSchema, io: 'input' | 'output'): JsonSchema {
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    const { $ref } = part as JsonSchema;
    if (typeof $ref === 'string' && isAnyJson(lastPartOf($ref))) return {};
    const kept = Object.entries(part).filter(([key, value]) => !isIdle(key, value, part as JsonSchema, io));
    return Object.fromEntries(kept.map(([key, value]) => [key, walk(value)]));
  };
  return walk(schema) as JsonSchema;
}

function isIdle(key: string, value: unknown, { format }: JsonSchema, io: 'input' | 'output'): boolean {
  if (key === 'format') return io === 'output' && typeof value === 'string';
  if (key === 'pattern') return typeof format === 'string';
  if (key === 'propertyNames') return (value as JsonSchema)['type'] === 'string';
  return (key === 'minimum' || key === 'maximum') && Math.abs(value as number) === Number.MAX_SAFE_INTEGER;
}

/** How zod names what has no id: `z.json()`, which refers to itself. */
function isAnyJson(definition: string): boolean {
  return definition.startsWith('__schema');
}

function lastPartOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
