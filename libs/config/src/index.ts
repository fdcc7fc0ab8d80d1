export { isModelName } from './config-values.js';
export { ConfigModule } from './config.module.js';
export { type DatabaseConnection, parseDatabaseUrl } from './database-url.js';
export { ConfigError, type KeepsakeConfig, loadConfig } from './load-config.js';
export { type LimitNumbers, type RouteClass, routeClasses } from './rate-limit-classes.js';
export { parseRedisUrl, type RedisAddress, type RedisTarget } from './redis-url.js';
export { SECRET_VARIABLES } from './secret-files.js';
export {
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
export { findVariableNotes } from './ineffective-variables.js';
