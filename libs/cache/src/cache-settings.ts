import type { CacheConfig } from '#config';
import type { CacheSettings } from './cache-engine.js';

/** What the configuration says of the engine. */
export function settingsFrom(config: CacheConfig): CacheSettings {
  return {
    redisUrl: config.redisUrl,
    enabled: config.enabled,
    singleProcess: config.singleProcess,
    defaultTtlMs: config.defaultTtlMs,
    driftSampleRate: config.driftSampleRate,
    local: { maxBytes: config.maxLocalBytes },
    redis: {
      commandTimeoutMs: config.redisCommandTimeoutMs,
      connectTimeoutMs: config.redisConnectTimeoutMs,
    },
  };
}
