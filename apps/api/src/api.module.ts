import { type DynamicModule, Module } from '@nestjs/common';
import { AuthApiModule } from '#auth';
import { ConfigModule, type KeepsakeConfig } from '#config';
import { DatabaseModule } from '#database';
import { HttpModule } from '#http';
import { KernelModule } from '#kernel';
import { ObservabilityModule } from '#observability';

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
        AuthApiModule,
      ],
    };
  }
}
