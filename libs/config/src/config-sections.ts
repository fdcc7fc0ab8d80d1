import type { LimitNumbers } from './rate-limit-classes.js';
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
  /** How many proxies in a row are believed in what they say of the client, or which networks they are in. */
  abstract readonly trustProxy: number | readonly string[];
  abstract readonly corsOrigins: readonly string[];
  abstract readonly bodyLimitBytes: number;
  abstract readonly requestTimeoutMs: number;
  /** Of exports and imports, instead of `requestTimeoutMs`. */
  abstract readonly transferTimeoutMs: number;
  /** Longest file of an import: as it is sent, and unpacked. */
  abstract readonly importLimitBytes: number;
  /** From the signal to the end, whatever still runs. */
  abstract readonly shutdownTimeoutMs: number;
  /** How long after the signal new connections are still taken, while `/health/ready` says no. */
  abstract readonly shutdownDelayMs: number;
  abstract readonly idempotencyTtlMs: number;
}

export abstract class LogConfig {
  abstract readonly level: LevelWithSilent;
  abstract readonly format: 'json' | 'pretty';
  /** Requests that take longer are reported with where their time went. */
  abstract readonly slowRequestMs: number;
}

/** Traces over OTLP, by OpenTelemetry's standard variables. */
export abstract class TracingConfig {
  /** The whole address that spans are posted to; absent: nothing is recorded. */
  abstract readonly endpoint: string | undefined;
  abstract readonly headers: Readonly<Record<string, string>>;
  /** Of one request to the collector. */
  abstract readonly timeoutMs: number;
  /** Spans wait that long for others to go with. */
  abstract readonly sendEveryMs: number;
  abstract readonly serviceName: string;
  abstract readonly resourceAttributes: Readonly<Record<string, string>>;
  /** Share of the traces that begin here and are recorded, 0 to 1. */
  abstract readonly sampleRatio: number;
  /** Whether whoever asks decides for the traces that began elsewhere. */
  abstract readonly followsParent: boolean;
}

export abstract class DatabaseConfig {
  /** Absent: the embedded database in `dataDir`. */
  abstract readonly url: string | undefined;
  /** Of the same database without a pooler in between; `url` where there is none. */
  abstract readonly directUrl: string | undefined;
  abstract readonly poolSize: number;
  abstract readonly connectTimeoutMs: number;
  abstract readonly statementTimeoutMs: number;
  /** Statements that take longer are logged; 0 for none. */
  abstract readonly slowStatementMs: number;
  /** Whether a starting server brings the schema up to date itself. */
  abstract readonly migrateOnStart: boolean;
  abstract readonly dataDir: string;
}

export abstract class CacheConfig {
  abstract readonly redisUrl: string | undefined;
  /** To each server, of one process: the second one is that of the rate limits. */
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
  /** Shared secret of HS256 tokens. */
  abstract readonly jwtSecret: string | undefined;
  /** Where the public keys of the token issuer are (RFC 7517). */
  abstract readonly jwksUrl: string | undefined;
  /** A token with an unknown key id makes the keys be fetched again, but no more often than this. */
  abstract readonly jwksCooldownMs: number;
  abstract readonly jwtIssuer: string | undefined;
  abstract readonly jwtAudience: string | undefined;
  abstract readonly jwtClockSkewSeconds: number;
  /** A token that lives longer is refused: so long is a revocation remembered. */
  abstract readonly jwtMaxLifetimeMs: number;
  /** Who may read the metrics besides operators: everybody, or who shows this token. */
  abstract readonly metrics: { readonly isPublic: boolean; readonly token: string | undefined };
  /** Folder for the key file of a first embedded start; absent with an outside database. */
  abstract readonly keyFileDir: string | undefined;
}

/** How commands reach a running server. */
export interface CommandConfig {
  /** Absent: the one that owns the data folder, else the address that a server with this configuration listens on. */
  readonly serverUrl: string | undefined;
  /** An operator's key. Absent: the first key. */
  readonly key: string | undefined;
}

export abstract class QueueConfig {
  abstract readonly workerEnabled: boolean;
  /** How often a worker looks for jobs that other processes have added. */
  abstract readonly pollSeconds: number;
  /** Jobs that one process runs at the same time. */
  abstract readonly concurrency: number;
  /** Of a process that only works: where its health and metrics are; absent: nowhere. */
  abstract readonly metricsPort: number | undefined;
}

export abstract class ThrottleConfig {
  abstract readonly enabled: boolean;
  abstract readonly limits: LimitNumbers;
  /** How many times what one credential may do those of a workspace may do together. */
  abstract readonly workspaceFactor: number;
  /** What differs for the credentials of a tier. */
  abstract readonly tiers: Readonly<Record<string, Partial<LimitNumbers>>>;
}

export abstract class SessionConfig {
  abstract readonly idleMs: number;
  abstract readonly expiryMs: number;
  abstract readonly sweepSeconds: number;
  /** `lastActiveAt` is exact to this many milliseconds. */
  abstract readonly touchMs: number;
}

export abstract class ConversationConfig {
  /** Phrases of answers that help nobody; `*` stands for anything between two phrases. */
  abstract readonly unhelpfulPatterns: readonly string[];
}

export abstract class WebhookConfig {
  /** Of one attempt to deliver, from the question for the name to the last byte of the answer. */
  abstract readonly timeoutMs: number;
  /** Deliveries that one process makes at the same time. */
  abstract readonly concurrency: number;
  /** After so long without a message a conversation is quiet. */
  abstract readonly conversationQuietMs: number;
  /** How often a worker looks for deliveries that other processes have added, or that are due again. */
  abstract readonly pollMs: number;
}

/** Requests to servers that users name. */
export abstract class OutboundConfig {
  /** Networks that may be asked though they are not public: in CIDR notation, or single addresses. */
  abstract readonly allowedNetworks: readonly string[];
}

export abstract class SearchConfig {
  /** PostgreSQL text search configuration that stems and drops stop words. */
  abstract readonly language: string;
  /** So long a search waits for its query to be embedded; then it goes on with keywords alone. */
  abstract readonly semanticTimeoutMs: number;
}

/** Constants of rankings by relevance. */
export abstract class RelevanceConfig {
  /** Days after which recency is halved. */
  abstract readonly halfLifeDays: number;
  /** Uses that are as good as any more. */
  abstract readonly manyUses: number;
  /** What is left of the effect of feedback a day later, 0 to 1. */
  abstract readonly keptADay: number;
  /** What the feedback of others counts beside that of the user, 0 to 1. */
  abstract readonly othersShare: number;
  /** Of each factor in the mean; only their proportions matter. */
  abstract readonly weights: Readonly<Record<'recency' | 'frequency' | 'importance' | 'match', number>>;
}

export abstract class EmbeddingConfig {
  /** `auto`: what there is; see `chooseProvider`. */
  abstract readonly provider: 'auto' | 'local' | 'openai' | 'voyage' | 'transformers' | 'use' | 'off';
  /** Servers that `auto` asks for a model. */
  abstract readonly loopbackUrls: readonly string[];
  /** The provider's usual one where absent. */
  abstract readonly model: string | undefined;
  /** Other names that clients may call it by; `*` is any. */
  abstract readonly modelAliases: readonly string[];
  /** The model's own where absent. */
  abstract readonly dimensions: number | undefined;
  /** Folder of the model of `transformers`. */
  abstract readonly modelDir: string | undefined;
  abstract readonly voyage: { readonly apiKey: string | undefined; readonly baseUrl: string };
  abstract readonly openai: {
    readonly apiKey: string | undefined;
    readonly baseUrl: string;
    /** Whether that is somebody else's server than OpenAI's. */
    readonly isCompatible: boolean;
    readonly wireFormat: 'float' | 'base64';
  };
  /** Of one call of the provider with its retries. */
  abstract readonly timeoutMs: number;
  abstract readonly attemptTimeoutMs: number;
  abstract readonly maxAttempts: number;
  /** At most, where the provider takes more. */
  abstract readonly batchTexts: number;
  abstract readonly batchTokens: number;
  /** Of a minute, for the whole installation and for each credential; 0 is no limit. */
  abstract readonly budgets: {
    readonly requests: number;
    readonly tokens: number;
    readonly tokensOfEach: number;
  };
  /** Reorders what a search has found, where it is asked to; it is Voyage's. */
  abstract readonly rerank: { readonly isOn: boolean; readonly model: string };
  /** US dollars for a million tokens by `provider/model`, over the listed prices. */
  abstract readonly prices: Readonly<Record<string, number>>;
}
