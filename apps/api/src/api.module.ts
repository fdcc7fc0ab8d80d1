import { type DynamicModule, Module } from '@nestjs/common';
import { AdminApiModule } from '#admin';
import { APP_GUARD } from '@nestjs/core';
import { AuthApiModule, AuthGuard } from '#auth';
import { ConfigModule, type KeepsakeConfig } from '#config';
import { ContextApiModule } from '#context';
import { DatabaseModule } from '#database';
import { HandoverApiModule } from '#handover';
import { HttpModule } from '#http';
import { KernelModule } from '#kernel';
import { ObservabilityModule } from '#observability';
import { ProjectApiModule } from '#project';
import { SearchApiModule } from '#search';
import { SessionApiModule } from '#session';
import { RateLimitGuard, ThrottleModule } from '#throttle';

/** Everything that answers requests. */
@Module({})
export class ApiModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        HttpModule,
        ThrottleModule,
        AuthApiModule,
        SessionApiModule,
        ProjectApiModule,
        ContextApiModule,
        HandoverApiModule,
        SearchApiModule,
        AdminApiModule,
      ],
      // In this order: whose limits they are must be known first.
      providers: [
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
      ],
    };
  }
}
