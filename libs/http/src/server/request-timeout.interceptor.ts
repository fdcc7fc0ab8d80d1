import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, throwError, timeout } from 'rxjs';
import { HttpConfig } from '#config';
import { DomainError } from '#kernel';

/** No request waits for ever: after the configured time it is answered 504, whatever it waits for. */
@Injectable()
export class RequestTimeoutInterceptor implements NestInterceptor {
  constructor(private readonly config: HttpConfig) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { requestTimeoutMs } = this.config;
    return next.handle().pipe(
      timeout({
        first: requestTimeoutMs,
        with: () =>
          throwError(
            () =>
              new DomainError({
                code: 'request-timeout',
                kind: 'timeout',
                detail: `The request took longer than ${requestTimeoutMs} ms. A write may still have happened: send it again with the same Idempotency-Key.`,
              }),
          ),
      }),
    );
  }
}
