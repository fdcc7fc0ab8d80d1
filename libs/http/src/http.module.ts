import { Module, StandardSchemaSerializerInterceptor } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { CacheModule } from '#cache';
import { HealthChecks } from './health/health-checks.js';
import { HealthController } from './health/health.controller.js';
import { IdempotencyExpiry, PostgresIdempotencyStore } from './idempotency/postgres-idempotency.store.js';
import { RequestHashKey } from './idempotency/request-hash.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { ConditionalReadInterceptor } from './conditional-requests/conditional-read.interceptor.js';
import { CursorKey } from './paging/cursor.js';
import { ProblemFilter } from './problem/problem.filter.js';
import {
  CachedResponseListeners,
  CacheStatusInterceptor,
  ResponseCacheInterceptor,
} from './response-cache/response-cache.interceptor.js';
import { ResponseVariants } from './response-cache/response-caching.js';
import { RedactionInterceptor } from './redaction/redaction.interceptor.js';
import { RequestRedactions } from './redaction/request-redaction.js';
import { AcknowledgementInterceptor } from './server/acknowledgement.interceptor.js';
import { AllowedMethods } from './server/allowed-methods.js';
import { LongAnswerInterceptor } from './server/long-answer.interceptor.js';
import { RequestTimeoutInterceptor } from './server/request-timeout.interceptor.js';
import { SchemaValidationPipe } from './validation/schema-validation.pipe.js';
import { UndeclaredInputInterceptor } from './validation/undeclared-input.interceptor.js';

@Module({
  providers: [PostgresIdempotencyStore],
  exports: [PostgresIdempotencyStore],
})
class IdempotencyModule {}

/** For features that count what is read of them, or whose answers depend on settings. */
@Module({
  providers: [CachedResponseListeners, ResponseVariants],
  exports: [CachedResponseListeners, ResponseVariants],
})
export class ResponseCacheModule {}

/** For the feature that looks for secrets in requests. */
@Module({ providers: [RequestRedactions], exports: [RequestRedactions] })
export class RequestRedactionModule {}

/** Asks the parts of this process for their health, for whoever reports it: the API, and a worker of its own. */
@Module({
  // What is down is reported by the answers and by whoever notices it: not once more at each question.
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [HealthChecks],
  exports: [HealthChecks],
})
export class HealthModule {}

/** What every route of the API gets: shapes in and out, problems, time limits, idempotency keys, health. */
@Module({
  imports: [CacheModule, HealthModule, IdempotencyModule, RequestRedactionModule, ResponseCacheModule],
  controllers: [HealthController],
  providers: [
    AllowedMethods,
    CursorKey,
    RequestHashKey,
    ProblemFilter,
    { provide: APP_FILTER, useExisting: ProblemFilter },
    { provide: APP_PIPE, useClass: SchemaValidationPipe },
    // Outermost first: the time limit holds for everything inside, and what is stored is what was sent.
    { provide: APP_INTERCEPTOR, useClass: RequestTimeoutInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AcknowledgementInterceptor },
    { provide: APP_INTERCEPTOR, useClass: UndeclaredInputInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ResponseCacheInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ConditionalReadInterceptor },
    { provide: APP_INTERCEPTOR, useClass: CacheStatusInterceptor },
    { provide: APP_INTERCEPTOR, useClass: RedactionInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: LongAnswerInterceptor },
    {
      provide: APP_INTERCEPTOR,
      inject: [Reflector],
      useFactory: (reflector: Reflector) => new StandardSchemaSerializerInterceptor(reflector),
    },
  ],
  exports: [AllowedMethods, ProblemFilter],
})
export class HttpModule {}

/** The background work of the API: forgetting old idempotency keys. */
@Module({ imports: [IdempotencyModule], providers: [IdempotencyExpiry] })
export class HttpWorkerModule {}
