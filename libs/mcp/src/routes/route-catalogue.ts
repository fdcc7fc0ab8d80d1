import { Injectable, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { CLASS_SERIALIZER_OPTIONS } from '@nestjs/common/serializer/class-serializer.constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { z } from 'zod';
import { ACCESS, CONDITIONAL, type EndpointOptions, LONG_ANSWER } from '#http';

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
  /** Whether it takes `If-Match` and `If-None-Match`. */
  readonly conditional: boolean;
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
          conditional: Reflect.getMetadata(CONDITIONAL, handler) === true,
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
