import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { DomainError, type ErrorIssue } from '#kernel';
import { ACCESS, OWN_BODY } from '../endpoint/endpoint.decorator.js';
import { escapePointer } from './text-safety.js';

interface Takes {
  readonly query: boolean;
  readonly body: boolean;
}

/**
 * A route that declares no query takes none, and one that declares no body takes none but an empty object: a parameter
 * that is misspelt or sent to the wrong route is reported, not ignored. Public routes are left alone, since whoever checks
 * health may add parameters of its own against caches.
 */
@Injectable()
export class UndeclaredInputInterceptor implements NestInterceptor {
  private readonly takenBy = new WeakMap<object, Takes>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler = context.getHandler();
    if (Reflect.getMetadata(ACCESS, handler) !== 'public') {
      const takes = this.takes(context.getClass(), handler);
      const { query, body } = context.switchToHttp().getRequest<FastifyRequest>();
      if (!takes.query) refuse(Object.keys(query as object), 'query');
      if (!takes.body && body !== undefined && body !== null) refuse(fieldsOf(body), 'body');
    }
    return next.handle();
  }

  private takes(controller: object, handler: { readonly name: string }): Takes {
    const known = this.takenBy.get(handler);
    if (known !== undefined) return known;
    const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) as object | undefined;
    const types = new Set(Object.keys(args ?? {}).map((key) => Number(key.split(':')[0])));
    const body = types.has(RouteParamtypes.BODY) || Reflect.getMetadata(OWN_BODY, handler) === true;
    const takes = { query: types.has(RouteParamtypes.QUERY), body };
    this.takenBy.set(handler, takes);
    return takes;
  }
}

function fieldsOf(body: unknown): string[] {
  return typeof body === 'object' && !Array.isArray(body) ? Object.keys(body as object) : [''];
}

function refuse(names: readonly string[], part: NonNullable<ErrorIssue['in']>): void {
  if (names.length === 0) return;
  throw new DomainError({
    code: 'invalid-request',
    kind: 'invalid',
    detail: `The request is not valid: this route takes no ${part}.`,
    issues: names.map((name) => ({
      pointer: name === '' ? '' : `/${escapePointer(name)}`,
      in: part,
      detail: 'is not a known field',
    })),
  });
}
