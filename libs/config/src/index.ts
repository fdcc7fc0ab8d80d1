export { ConfigModule } from './config.module.js';
export { environmentSchema } from './config.schema.js';
export { ConfigError, type KeepsakeConfig, loadConfig } from './load-config.js';
export {
  AuthConfig,
  CacheConfig,
  DatabaseConfig,
  EmbeddingConfig,
  HttpConfig,
  LogConfig,
  QueueConfig,
  type RouteLimitNumbers,
  SearchConfig,
  SessionConfig,
  ThrottleConfig,
  TracingConfig,
} from './slices.js';
