import { type DynamicModule, Module } from '@nestjs/common';
import type { KeepsakeConfig } from './load-config.js';
import {
  AuthConfig,
  CacheConfig,
  ConversationConfig,
  DatabaseConfig,
  EmbeddingConfig,
  HttpConfig,
  LogConfig,
  OutboundConfig,
  QueueConfig,
  RelevanceConfig,
  SearchConfig,
  SessionConfig,
  ThrottleConfig,
  TracingConfig,
  WebhookConfig,
} from './config-sections.js';

@Module({})
export class ConfigModule {
  /** Provides every slice to the whole application. Apps call it once with the result of `loadConfig`. */
  static forRoot(config: KeepsakeConfig): DynamicModule {
    const providers = [
      { provide: HttpConfig, useValue: config.http },
      { provide: LogConfig, useValue: config.log },
      { provide: TracingConfig, useValue: config.tracing },
      { provide: DatabaseConfig, useValue: config.database },
      { provide: CacheConfig, useValue: config.cache },
      { provide: AuthConfig, useValue: config.auth },
      { provide: QueueConfig, useValue: config.queue },
      { provide: SessionConfig, useValue: config.session },
      { provide: ConversationConfig, useValue: config.conversation },
      { provide: ThrottleConfig, useValue: config.throttle },
      { provide: WebhookConfig, useValue: config.webhook },
      { provide: OutboundConfig, useValue: config.outbound },
      { provide: SearchConfig, useValue: config.search },
      { provide: RelevanceConfig, useValue: config.relevance },
      { provide: EmbeddingConfig, useValue: config.embedding },
    ];
    return { module: ConfigModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
