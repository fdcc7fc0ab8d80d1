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
import { ApiHeader, ApiOperation, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Scope } from '#kernel';
import { problemSchema } from '../problem/problem.js';

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
  /** False for POSTs that only read: they need no idempotency key. */
  readonly idempotent?: boolean;
  /** The answer holds a secret: kept for an idempotency key, it is sealed with the caller's credential. */
  readonly secret?: boolean;
}

/** Metadata key of a route's access rule, read by the guard. */
export const ACCESS = 'keepsake:access';
/** Metadata key of how a POST's answer is kept for its idempotency key: `plain`, `sealed`, or not at all. */
export const IDEMPOTENCY = 'keepsake:idempotency';

/** Declares a route whole: method and path (`'POST /:id/end'`), access, shapes, documentation. */
export function Endpoint(route: `${keyof typeof methods} ${string}`, options: EndpointOptions): MethodDecorator {
  const [method, path] = route.split(' ') as [keyof typeof methods, string];
  const status = options.status ?? (options.response === undefined ? 204 : method === 'POST' ? 201 : 200);
  const decorators: (MethodDecorator | ClassDecorator)[] = [
    methods[method](path),
    HttpCode(status),
    SetMetadata(ACCESS, options.access),
    SetMetadata(IDEMPOTENCY, idempotencyOf(method, options)),
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
  if (options.response !== undefined) decorators.push(SerializeOptions({ schema: options.response }));
  if (options.access !== 'public') decorators.push(ApiSecurity('credential', [...options.access]), workspaceHeader);
  if (idempotencyOf(method, options) !== undefined) decorators.push(idempotencyHeader);
  return applyDecorators(...decorators);
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
  if (method !== 'POST' || options.idempotent === false || options.access === 'public') return undefined;
  return options.secret === true ? 'sealed' : 'plain';
}
