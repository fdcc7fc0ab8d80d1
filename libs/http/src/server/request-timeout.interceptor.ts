import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, throwError, timeout } from 'rxjs';
import { HttpConfig } from '#config';
import { DomainError } from '#kernel';
import { TRANSFER } from '../endpoint/endpoint.decorator.js';

/** No request waits for ever: after the configured time it is answered 504, whatever it waits for. */
@Injectable()
export class RequestTimeoutInterceptor implements NestInterceptor {
  constructor(private readonly config: HttpConfig) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const timeoutMs = timeoutOf(context.getHandler(), this.config);
    return next.handle().pipe(
      timeout({
        first: timeoutMs,
        with: () => throwError(() => requestTimeout(timeoutMs)),
      }),
    );
  }
}

/** What a request is answered whose work has no end after so long. */
export function requestTimeout(timeoutMs: number): DomainError {
  return new DomainError({
    code: 'request-timeout',
    kind: 'timeout',
    detail: `The request took longer than ${timeoutMs} ms. A write may still have happened: send it again with the same Idempotency-Key.`,
  });
}

/** How long the work of a route may take. */
function timeoutOf(handler: object, config: Pick<HttpConfig, 'requestTimeoutMs' | 'transferTimeoutMs'>): number {
  return Reflect.getMetadata(TRANSFER, handler) === true ? config.transferTimeoutMs : config.requestTimeoutMs;
}
