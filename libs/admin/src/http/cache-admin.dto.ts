import { z } from 'zod';
import { pageOf, pageQuery, textField } from '#http';
import { projectSlug } from '#project';
import { jobResponse } from './job.dto.js';

const reason = textField(500).min(3).meta({ description: 'Why; it is kept in the audit.' });
const count = z.number();

const familyStats = z.object({
  hits: count,
  localHits: count,
  sharedHits: count,
  misses: count,
  localMisses: count,
  sharedMisses: count,
  staleHits: count,
  bypasses: count,
  coalesced: count,
  sets: count,
  deletes: count,
  errors: count,
  corrupt: count,
  drifts: count,
  hitRate: z.number().nullable(),
  localHitRate: z.number().nullable().meta({ description: 'Of the reads of this process or these processes.' }),
  sharedHitRate: z.number().nullable().meta({ description: 'Of the reads that reached the shared tier.' }),
  bytes: count.meta({ description: 'Written to the shared tier.' }),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  savedUsd: count,
});

const tierReads = {
  hits: count,
  misses: count.meta({ description: 'Reads that reached the tier and were not answered by it.' }),
  hitRate: z.number().nullable(),
};

export const statsQuery = z.strictObject({
  scope: z
    .enum(['process', 'all'])
    .default('all')
    .meta({ description: 'Of all processes, others as they said within five seconds; or of the one that answers.' }),
});
export const statsResponse = z
  .object({
    families: z.record(z.string(), familyStats),
    totals: familyStats,
    tiers: z.object({
      local: z.object({ ...tierReads, entries: count, bytes: count, maxBytes: count, evictions: count }),
      shared: z
        .object({
          ...tierReads,
          mode: z.string(),
          server: z.string().nullable(),
          bytes: count.nullable(),
          maxBytes: count.nullable(),
          evictions: count.nullable(),
        })
        .meta({ description: 'Bytes and evictions are those of the servers, with what others keep there.' }),
    }),
    breaker: z.enum(['closed', 'open', 'none']),
    processes: z.int(),
    since: z.string(),
  })
  .meta({ id: 'CacheStats' });

export const cacheHealthResponse = z
  .object({
    status: z.enum(['up', 'degraded', 'off']),
    mode: z.string(),
    enabled: z.boolean(),
    breaker: z.enum(['closed', 'open', 'none']),
    problem: z.string().nullable(),
    server: z.string().nullable(),
    missingFeatures: z.array(z.string()),
    oldestInvalidationMs: z
      .number()
      .nullable()
      .meta({ description: 'Of all workspaces; null for whoever is no operator.' }),
    bypassing: z.boolean(),
    servers: z
      .array(
        z.object({
          uptimeSeconds: z.number(),
          clients: z.number(),
          operationsPerSecond: z.number(),
          usedBytes: z.number(),
          limitBytes: z.number().nullable(),
          evictions: z.number(),
        }),
      )
      .nullable()
      .meta({
        description:
          'Every Redis server that answers, asked now, with what others do there; empty where INFO is not allowed, null for whoever is no operator.',
      }),
  })
  .meta({ id: 'CacheHealth' });

const familyResponse = z
  .object({
    name: z.string(),
    mutable: z.boolean(),
    schemaVersion: z.int(),
    policy: z.object({
      enabled: z.boolean(),
      ttlMs: z.int(),
      jitter: z.number(),
      negativeTtlMs: z.int().nullable(),
      staleMs: z.int(),
      staleIfErrorMs: z.int(),
      loadTimeoutMs: z.int(),
    }),
  })
  .meta({ id: 'CacheFamily' });
export const oneFamilyResponse = familyResponse;
export const familiesResponse = z.object({ items: z.array(familyResponse) }).meta({ id: 'CacheFamilies' });
export const familyParams = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/) });

const durationMs = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
/** What is left out stays, null is as the family declares it; without any of them everything is as declared again. */
export const changeFamilyBody = z.strictObject({
  ttlMs: durationMs.min(1).nullish(),
  enabled: z.boolean().nullish(),
  staleMs: durationMs.nullish(),
  staleIfErrorMs: durationMs.nullish(),
  reason,
});

const key = z.string().min(1).max(1024);
export const keysQuery = z.strictObject({
  family: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  cursor: z.string().max(500).optional(),
  limit: pageQuery.limit,
});
const keyInfo = z
  .object({ key: z.string(), family: z.string(), bytes: z.number().nullable(), ttlMs: z.number().nullable() })
  .meta({ id: 'CacheKey' });
export const keysResponse = pageOf(keyInfo);
export const keyResponse = keyInfo;
export const entryParams = z.strictObject({ key });

const user = z.string().min(1).max(256).meta({
  description:
    'A subject of signed tokens, or a principal: `key:<id>`, `jwt:<subject>`. Of others than oneself: operators.',
});
const targets = {
  key: key.optional(),
  tag: z.string().min(1).max(600).optional().meta({ description: 'Of this workspace: `context:<id>`, encoded.' }),
  project: projectSlug.optional(),
  session: z.uuid().toLowerCase().optional(),
  context: z.uuid().toLowerCase().optional(),
  user: user.optional(),
  family: z.string().min(1).max(41).optional().meta({ description: 'Of all workspaces; for operators.' }),
  all: z.literal(true).optional().meta({ description: 'Everything of all workspaces; for operators.' }),
};
export const invalidateBody = z
  .strictObject({ ...targets, reason })
  .refine((body) => Object.keys(targets).filter((name) => name in body && name !== 'reason').length === 1, {
    error: `name one of ${Object.keys(targets).join(', ')}`,
  });
export const invalidateResponse = z
  .object({ invalidated: z.string(), deletedEntries: z.int().nullable() })
  .meta({ id: 'CacheInvalidation' });

export const warmBody = z
  .strictObject({
    project: projectSlug.optional(),
    session: z.uuid().toLowerCase().optional(),
    user: user.optional().meta({ description: 'Its open sessions, and the projects of its last ones.' }),
  })
  .refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
    error: 'name one of project, session, user',
  });
export const warmResponse = z
  .object({
    job: jobResponse,
    bounds: z
      .object({
        targets: z.int().meta({ description: 'Sessions and projects that one job warms at most.' }),
        seconds: z.int().meta({ description: 'What is not begun by then stays cold.' }),
      })
      .meta({ description: 'How far one job goes; its result says what it left out.' }),
  })
  .meta({ id: 'CacheWarming' });

export const testResponse = z
  .object({
    ok: z.boolean(),
    tier: z.enum(['shared', 'process']),
    roundTripMs: z.number().nullable(),
    problem: z.string().nullable(),
  })
  .meta({ id: 'CacheTest' });

export const adviceResponse = z
  .object({
    items: z.array(z.object({ family: z.string(), ttlMs: z.int(), advisedTtlMs: z.int(), reason: z.string() })),
  })
  .meta({ id: 'CacheAdvice' });

const limited = {
  principal: z.string().min(1).max(300).meta({ description: '`key:<id>` or `jwt:<subject>`' }),
  tier: z.string().min(1).max(32).optional().meta({
    description: 'Whose limits hold for it: that of the key itself where absent; tokens carry theirs with them',
  }),
};
export const limitsQuery = z.strictObject(limited);
export const limitsResponse = z
  .object({
    principal: z.string(),
    tier: z.string().nullable(),
    limits: z.array(
      z.object({
        name: z.string(),
        limit: z.int(),
        periodSeconds: z.number(),
        remaining: z.int(),
        resetSeconds: z.number(),
      }),
    ),
  })
  .meta({ id: 'RateLimits' });
export const resetLimitsBody = z.strictObject({ ...limited, reason });

export const auditQuery = z.strictObject(pageQuery);
export const auditResponse = pageOf(
  z
    .object({
      id: z.uuid(),
      principal: z.string(),
      action: z.string(),
      reason: z.string(),
      details: z.record(z.string(), z.unknown()),
      createdAt: z.iso.datetime(),
    })
    .meta({ id: 'AuditLine' }),
);
