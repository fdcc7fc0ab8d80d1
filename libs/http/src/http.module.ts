import { Module, StandardSchemaSerializerInterceptor } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { CacheModule } from '#cache';
import { HealthController } from './health/health.controller.js';
import { HealthModule } from './health/health.module.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { CursorKey } from './paging/cursor-key.js';
import { ProblemFilter } from './problem/problem.filter.js';
import { CacheStatusInterceptor } from './response-cache/cache-status.interceptor.js';
import { ResponseCacheModule } from './response-cache/response-cache.module.js';
import { ResponseCacheInterceptor } from './response-cache/response-cache.interceptor.js';
import { AcknowledgementInterceptor } from './server/acknowledgement.interceptor.js';
import { AllowedMethods } from './server/allowed-methods.js';
import { RequestTimeoutInterceptor } from './server/request-timeout.interceptor.js';
import { SchemaValidationPipe } from './validation/schema-validation.pipe.js';
import { UndeclaredInputInterceptor } from './validation/undeclared-input.interceptor.js';

/** What every route of the API gets: shapes in and out, problems, time limits, idempotency keys, health. */
@Module({
  imports: [CacheModule, HealthModule, IdempotencyModule, ResponseCacheModule],
  controllers: [HealthController],
  providers: [
    AllowedMethods,
    CursorKey,
    ProblemFilter,
    { provide: APP_FILTER, useExisting: ProblemFilter },
    { provide: APP_PIPE, useClass: SchemaValidationPipe },
    // Outermost first: the time limit holds for everything inside, and what is stored is what was sent.
    { provide: APP_INTERCEPTOR, useClass: RequestTimeoutInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AcknowledgementInterceptor },
    { provide: APP_INTERCEPTOR, useClass: UndeclaredInputInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ResponseCacheInterceptor },
    { provide: APP_INTERCEPTOR, useClass: CacheStatusInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    {
      provide: APP_INTERCEPTOR,
      inject: [Reflector],
      useFactory: (reflector: Reflector) => new StandardSchemaSerializerInterceptor(reflector),
    },
  ],
  exports: [AllowedMethods, ProblemFilter],
})
export class HttpModule {}
