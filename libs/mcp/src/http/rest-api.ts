import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import inject from 'light-my-request';
import type { InjectOptions } from 'light-my-request';
import type { Preconditions } from '#http';
import { findRequestContext, runInRequestContext, traceHeaders } from '#observability';

/** On whose behalf a call is made: what its own HTTP request would have carried. */
export interface RestCaller {
  /** The `Authorization` header, verified already for the request that the call belongs to. */
  readonly authorization: string;
  /** The `X-Keepsake-Workspace` header, where one was sent. */
  readonly workspace: string | undefined;
  readonly address: string;
  readonly requestId: string;
  /** Called before every call, which counts against the limits of its route. */
  readonly onCall?: () => void;
}

export interface RestCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Of a change. */
  readonly preconditions?: Preconditions;
}

export interface RestAnswer {
  readonly status: number;
  /** Parsed; undefined where there is none. */
  readonly body: unknown;
  /** The entity tag of what is answered, where it has one. */
  readonly etag?: string;
  /** Of a refusal that ends by itself. */
  readonly retryAfterSeconds?: number;
}

/**
 * The product's own HTTP interface, called from inside. A call meets everything that it would meet from outside:
 * credential, scopes, workspace, rate limits, validation, the cache of answers, time limits. No status is an error.
 *
 * Hands the call to the router without a socket. Fastify's own `inject` refuses while the server is closing; the router
 * goes on, as it does for requests that came before that.
 */
@Injectable()
export class RestApi {
  constructor(private readonly host: HttpAdapterHost) {}

  async call(caller: RestCaller, { method, path, body, preconditions = {} }: RestCall): Promise<RestAnswer> {
    caller.onCall?.();
    const { ifMatch, ifNoneMatch } = preconditions;
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const options: InjectOptions = {
      method,
      url: path,
      remoteAddress: caller.address,
      headers: {
        ...traceHeaders(),
        authorization: caller.authorization,
        'x-request-id': caller.requestId,
        ...(caller.workspace === undefined ? {} : { 'x-keepsake-workspace': caller.workspace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
      },
      payload: body === undefined ? undefined : JSON.stringify(body),
    };
    const dispatch = () => inject((request, response) => fastify.routing(request, response), options);
    const context = findRequestContext();
    const answer = await (context === undefined
      ? dispatch()
      : runInRequestContext({ ...context, callsRoutes: true }, dispatch));
    const { etag } = answer.headers;
    const retryAfter = Number(answer.headers['retry-after']);
    return {
      status: answer.statusCode,
      body: answer.payload === '' ? undefined : (JSON.parse(answer.payload) as unknown),
      ...(typeof etag === 'string' ? { etag } : {}),
      ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
    };
  }
}
