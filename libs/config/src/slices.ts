import type { LevelWithSilent } from 'pino';

/*
 * What each part of the product may know of the configuration. A slice is an abstract class so that it serves as
 * the injection token; the value behind it is a frozen plain object.
 */

export abstract class HttpConfig {
  abstract readonly host: string;
  /** 0 picks a free port. */
  abstract readonly port: number;
  /** Where clients reach the server, where that is not the address it listens on. */
  abstract readonly publicUrl: string | undefined;
  abstract readonly trustProxy: boolean;
  abstract readonly corsOrigins: readonly string[];
  abstract readonly bodyLimitBytes: number;
  abstract readonly requestTimeoutMs: number;
  /** From the signal to the end, whatever still runs. */
  abstract readonly shutdownTimeoutMs: number;
  /** How long after the signal new connections are still taken, while `/health/ready` says no. */
  abstract readonly shutdownDelayMs: number;
  abstract readonly idempotencyTtlMs: number;
}

export abstract class LogConfig {
  abstract readonly level: LevelWithSilent;
  abstract readonly format: 'json' | 'pretty';
}

export abstract class DatabaseConfig {
  /** Absent: the embedded database in `dataDir`. */
  abstract readonly url: string | undefined;
  abstract readonly poolSize: number;
  abstract readonly connectTimeoutMs: number;
  abstract readonly statementTimeoutMs: number;
  /** Whether a starting server brings the schema up to date itself. */
  abstract readonly migrateOnStart: boolean;
  abstract readonly dataDir: string;
}

export abstract class CacheConfig {
  abstract readonly redisUrl: string | undefined;
  /** To each server. One carries every command, a second one the news for values that are answered alone. */
  abstract readonly redisMaxConnections: number;
  /** How long one command is waited for. */
  abstract readonly redisCommandTimeoutMs: number;
  abstract readonly redisConnectTimeoutMs: number;
  abstract readonly enabled: boolean;
  /** TTL of what declares none. */
  abstract readonly defaultTtlMs: number;
  /** Bytes of decoded values that one process keeps. */
  abstract readonly maxLocalBytes: number;
  /** Share of hits that are compared with their source in the background. */
  abstract readonly driftSampleRate: number;
  /** One process owns the database, so an in-process cache can be trusted. Always so when embedded. */
  abstract readonly singleProcess: boolean;
}

export abstract class AuthConfig {
  abstract readonly bootstrapKey: string | undefined;
  /** What commands show to a running server, where it is not the first key. */
  abstract readonly cliKey: string | undefined;
  /** Folder for the key file of a first embedded start; absent with an outside database. */
  abstract readonly keyFileDir: string | undefined;
}

export abstract class QueueConfig {
  abstract readonly workerEnabled: boolean;
  /** How often a worker looks for jobs that other processes have added. */
  abstract readonly pollSeconds: number;
  /** Jobs that one process runs at the same time. */
  abstract readonly concurrency: number;
}

export abstract class SessionConfig {
  abstract readonly idleMs: number;
  abstract readonly expiryMs: number;
  abstract readonly sweepSeconds: number;
  /** `lastActiveAt` is exact to this many milliseconds. */
  abstract readonly touchMs: number;
}

export abstract class SearchConfig {
  /** PostgreSQL text search configuration that stems and drops stop words. */
  abstract readonly language: string;
}
