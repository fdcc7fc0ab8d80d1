export { CacheEngine, type CacheEvents, type CachePorts, type CacheSettings } from './cache-engine.js';
export { cacheUnavailable } from './cache.errors.js';
export { CacheModule } from './cache.module.js';
export { CacheService, type CacheStatsReport, type FamilyListing, type Refill } from './cache.service.js';
export {
  CacheFamily,
  defineFamily,
  type FamilyPolicy,
  type FamilySettings,
  type FamilySettingsPatch,
  ImmutableFamily,
  MutableFamily,
} from './families/family.js';
export type { CacheMode } from './cache-mode.js';
export { encodeKeyPart, encodeKeyParts, hashOf, type KeyPart, KeySpace, sha256 } from './families/key.js';
export { bytesCodec } from './codec/bytes-codec.js';
export { type Codec, CorruptValueError, Format, UncacheableValueError } from './codec/codec.js';
export { float32Codec } from './codec/float32-codec.js';
export { jsonCodec } from './codec/json-codec.js';
export { Cached, Invalidates } from './decorators/cached.decorator.js';
export { FamilySettingsService } from './families/settings.js';
export type { CacheHealthReport } from './health/cache-health-report.js';
export { CacheMetrics } from './metrics/cache-metrics.js';
export { type FamilyStatsReport, hitRatesOf } from './metrics/family-stats.js';
export { Deadlines } from './stores/redis/deadlines.js';
export type { ServerState } from './stores/redis/server-state.js';
export { queries, QueryCache, type QueryKey, workspaceDeletionTag } from './query-cache.js';
export type { Load, LoadContext, LoadMany, ReadOptions, ReadReport, ReadStatus } from './read/read-options.js';
export { inspectRedis, type RedisInspection } from './stores/redis/inspect-redis.js';
export { StoreUnavailableError } from './stores/shared-store.js';
export { definePlatformTag, defineTag, type Tag, type TagOwner } from './families/tag.js';
