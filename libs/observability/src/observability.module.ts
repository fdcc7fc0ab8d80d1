import { Global, Module } from '@nestjs/common';
import { LogConfig } from '#config';
import { HealthRegistry } from './health/health-registry.js';
import { KeepsakeLogger } from './logging/keepsake-logger.js';

@Global()
@Module({
  providers: [
    HealthRegistry,
    { provide: KeepsakeLogger, inject: [LogConfig], useFactory: (config: LogConfig) => new KeepsakeLogger(config) },
  ],
  exports: [HealthRegistry, KeepsakeLogger],
})
export class ObservabilityModule {}
