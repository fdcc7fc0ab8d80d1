import {
  applyDecorators,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  SerializeOptions,
  SetMetadata,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import type { RouteClass } from '#config';
import type { Scope } from '#kernel';
import { problemSchema } from '../problem/problem.js';
import { REDACTION, type RouteRedaction } from '../redaction/request-redaction.js';
import { type BodyBounds, COMMAND_BODY_BYTES, MOST_VALUES, MOST_VALUES_WITH_TEXT } from '../server/json-body.js';
import { RESPONSE_CACHING, type ResponseCaching } from '../response-cache/response-caching.js';

const methods = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

export interface EndpointOptions {
  /** One sentence for the API page. */
  readonly summary: string;
  /** Scopes the principal must have, all of them; `public` needs no credential. There is no default: a route says it. */
  readonly access: readonly Scope[] | 'public';
  /** Success status; 200 by default, 201 for a POST, 204 where there is no response schema. */
  readonly status?: number;
  /** What leaves: a field the schema does not declare can't. Absent: an answer without a body. */
  readonly response?: z.ZodType;
  /** Further success statuses with the same body (a POST that may find the thing already there). */
  readonly alsoStatus?: readonly number[];
  /** For a POST that changes nothing itself: it needs no idempotency key, and its answer waits for nobody's writes. */
  readonly onlyReads?: boolean;
  /** False for a POST whose answer is not kept for an idempotency key. */
  readonly idempotent?: boolean;
  /** Which rate limits a call meets; by default `admin` where only administrators may call, else reads or writes. */
  readonly limits?: readonly RouteClass[];
  /** Units that one call takes of each of them; 1 by default. */
  readonly weight?: number;
  /** For a route that counts what its body holds: what is asked of the limits before the body is read. */
  readonly limitsAhead?: LimitsAhead;
  /** Keeps the answers of a GET in the cache. */
  readonly cache?: ResponseCaching;
  /** Gives the answer of a GET an entity tag of what it says, where it is not kept and has no tag of a state. */
  readonly tagged?: boolean;
  /** Who else may call it, as the configuration says: `metrics` opens it to scrapers. */
  readonly alsoOpenTo?: 'metrics';
  /** Media types of a file that the route takes as its body, as a stream: the route reads it, and limits it, itself. */
  readonly takesFile?: readonly string[];
  /** Name of the path's part that is free text: it may hold slashes, also where a proxy has decoded them. */
  readonly freeText?: string;
  /** It moves a whole project: it has the time of a transfer, not that of a request. */
  readonly isTransfer?: boolean;
  /** `texts` for bodies as large as the configuration allows; commands are small. */
  readonly body?: 'texts';
  /** JSON values that a body may hold, where that is more than usual. */
  readonly mostValues?: number;
  /** The body is of another protocol, which checks it: the route reads it from the request itself. */
  readonly ownBody?: boolean;
  /** The answer may be of megabytes, in an array of its items: it is written item by item, and others run in between. */
  readonly longAnswer?: boolean;
  /** How secrets are looked for in what it stores; by default in all of a request that may change something. */
  readonly redaction?: RouteRedaction;
  /** The answer holds a secret: kept for an idempotency key, it is sealed with the caller's credential. */
  readonly secret?: boolean;
}

/** Metadata key of a route's access rule, read by the guard. */
export const ACCESS = 'keepsake:access';
/** Metadata key of who else may call a route, read by the guard. */
export const ALSO_OPEN_TO = 'keepsake:also-open-to';
/** Metadata key of how a POST's answer is kept for its idempotency key: `plain`, `sealed`, or not at all. */
export const IDEMPOTENCY = 'keepsake:idempotency';
/** Metadata key of POSTs that change nothing. */
const ONLY_READS = 'keepsake:only-reads';

/** Metadata key of routes that have the time of a transfer. */
export const TRANSFER = 'keepsake:transfer';
/** Metadata key of routes that read their body themselves. */
export const OWN_BODY = 'keepsake:own-body';

/** Metadata key of the schema of an answer that is written item by item. */
export const LONG_ANSWER = 'keepsake:long-answer';

/** Metadata key of reads that have an entity tag of their answer. */
export const ENTITY_TAG = 'keepsake:entity-tag';

/** Metadata key of the rate limits of a route. */
export const LIMITS = 'keepsake:limits';

/** What is asked before a body is read whose cost only its content says. */
interface LimitsAhead {
  /** Of each of these a unit must be left; none is taken. */
  readonly left: readonly RouteClass[];
  /** A body larger than that of a command takes one of each of these. */
  readonly large: readonly RouteClass[];
}

export interface RouteLimits {
  readonly classes: readonly RouteClass[];
  readonly weight: number;
  readonly ahead?: LimitsAhead | undefined;
}

/** Declares a route whole: method and path (`'POST /:id/end'`), access, shapes, documentation. */
export function Endpoint(route: `${keyof typeof methods} ${string}`, options: EndpointOptions): MethodDecorator {
  const [method, path] = route.split(' ') as [keyof typeof methods, string];
  const status = options.status ?? (options.response === undefined ? 204 : method === 'POST' ? 201 : 200);
  const decorators: (MethodDecorator | ClassDecorator)[] = [
    methods[method](path),
    HttpCode(status),
    SetMetadata(ACCESS, options.access),
    SetMetadata(IDEMPOTENCY, idempotencyOf(method, options)),
    SetMetadata(LIMITS, limitsOf(method, options)),
    SetMetadata(TRANSFER, options.isTransfer === true),
    ApiOperation({ summary: options.summary }),
    ...[status, ...(options.alsoStatus ?? [])].map((code) =>
      ApiResponse({
        status: code,
        description: code === 204 ? 'Done' : 'Success',
        ...(options.response === undefined ? {} : { standardSchema: options.response }),
      }),
    ),
    ApiResponse({ status: 'default', description: 'A problem (RFC 9457)', standardSchema: problemSchema }),
  ];
  if (options.takesFile !== undefined) {
    decorators.push(ApiConsumes(...options.takesFile), ApiBody({ schema: { type: 'string', format: 'binary' } }));
  }
  if (options.alsoOpenTo !== undefined) decorators.push(SetMetadata(ALSO_OPEN_TO, options.alsoOpenTo));
  const redaction = redactionOf(method, options);
  if (redaction !== undefined) decorators.push(SetMetadata(REDACTION, redaction));
  if (options.tagged === true) decorators.push(SetMetadata(ENTITY_TAG, true));
  if (options.onlyReads === true) decorators.push(SetMetadata(ONLY_READS, true));
  if (options.ownBody === true) decorators.push(SetMetadata(OWN_BODY, true));
  if (options.cache !== undefined) decorators.push(SetMetadata(RESPONSE_CACHING, options.cache));
  if (options.longAnswer === true) decorators.push(SetMetadata(LONG_ANSWER, options.response));
  else if (options.response !== undefined) decorators.push(SerializeOptions({ schema: options.response }));
  if (options.access !== 'public') decorators.push(ApiSecurity('credential', [...options.access]), workspaceHeader);
  if (idempotencyOf(method, options) !== undefined) decorators.push(idempotencyHeader);
  return (controller, name, descriptor) => {
    RouteConfig(routeConfigOf(controller.constructor, descriptor.value as unknown as object, options))(
      controller,
      name,
      descriptor,
    );
    applyDecorators(...decorators)(controller, name, descriptor);
  };
}

/** What is known of a route before its controller is reached: Fastify gives it to hooks and parsers. */
export interface EndpointConfig extends BodyBounds {
  readonly takesFile: boolean;
  /** See `EndpointOptions`. */
  readonly freeText?: string;
  readonly controller: object;
  readonly handler: object;
}

function routeConfigOf(
  controller: object,
  handler: object,
  { takesFile, freeText, body, mostValues }: EndpointOptions,
): EndpointConfig {
  const isLarge = body === 'texts';
  return {
    takesFile: takesFile !== undefined,
    ...(freeText === undefined ? {} : { freeText }),
    controller,
    handler,
    mostBytes: isLarge ? Number.POSITIVE_INFINITY : COMMAND_BODY_BYTES,
    mostValues: mostValues ?? (isLarge ? MOST_VALUES_WITH_TEXT : MOST_VALUES),
  };
}

function limitsOf(method: keyof typeof methods, options: EndpointOptions): RouteLimits {
  const { access, idempotent, limits, weight, limitsAhead } = options;
  return { classes: limits ?? classesOf(method, access, idempotent), weight: weight ?? 1, ahead: limitsAhead };
}

function classesOf(
  method: keyof typeof methods,
  access: EndpointOptions['access'],
  idempotent: boolean | undefined,
): readonly RouteClass[] {
  if (access === 'public') return [];
  if (access.includes('admin') || access.includes('operator')) return ['admin'];
  return method === 'GET' || (method === 'POST' && idempotent === false) ? ['reads'] : ['writes'];
}
const workspaceHeader = ApiHeader({
  name: 'X-Keepsake-Workspace',
  required: false,
  description: 'The workspace that an operator acts in, by its slug; `default` where absent. Others have their own.',
  schema: { type: 'string' },
});
const idempotencyHeader = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description: 'The same request under the same key is done once: its retry gets the stored answer.',
  schema: { type: 'string', maxLength: 255 },
});

function idempotencyOf(method: keyof typeof methods, options: EndpointOptions): 'plain' | 'sealed' | undefined {
  const isKept = method === 'POST' && options.idempotent !== false && options.onlyReads !== true;
  if (!isKept || options.access === 'public') return undefined;
  return options.secret === true ? 'sealed' : 'plain';
}

/** A route whose body is of another protocol makes requests of it. */
function redactionOf(
  method: keyof typeof methods,
  { redaction, onlyReads, ownBody, access }: EndpointOptions,
): RouteRedaction | undefined {
  if (redaction !== undefined) return redaction;
  const sendsNothing = method === 'GET' || method === 'DELETE' || onlyReads === true;
  return sendsNothing || ownBody === true || access === 'public' ? undefined : {};
}

/** Whether a request changes nothing: a GET, or a POST that is declared so. @param handler the method of the route */
export function isRead(method: string, handler: object): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return true;
  return method === 'POST' && Reflect.getMetadata(ONLY_READS, handler) === true;
}
