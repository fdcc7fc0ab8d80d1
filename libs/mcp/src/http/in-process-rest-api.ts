import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import inject, { type InjectOptions } from 'light-my-request';
import { findRequestContext, runInRequestContext, traceHeaders } from '#observability';
import { type RestAnswer, RestApi, type RestCall, type RestCaller } from '../rest/rest-api.js';

/**
 * Hands the call to the router without a socket. Fastify's own `inject` refuses while the server is closing; the router
 * goes on, as it does for requests that came before that.
 */
@Injectable()
export class InProcessRestApi extends RestApi {
  constructor(private readonly host: HttpAdapterHost) {
    super();
  }

  async call(caller: RestCaller, { method, path, body }: RestCall): Promise<RestAnswer> {
    caller.onCall?.();
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
      },
      payload: body === undefined ? undefined : JSON.stringify(body),
    };
    const dispatch = () => inject((request, response) => fastify.routing(request, response), options);
    const context = findRequestContext();
    const answer = await (context === undefined
      ? dispatch()
      : runInRequestContext({ ...context, callsRoutes: true }, dispatch));
    const retryAfter = Number(answer.headers['retry-after']);
    return {
      status: answer.statusCode,
      body: answer.payload === '' ? undefined : (JSON.parse(answer.payload) as unknown),
      ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
    };
  }
}
