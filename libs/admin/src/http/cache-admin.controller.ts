import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller, missingScope } from '#auth';
import { CacheEngine, type FamilyListing } from '#cache';
import { Endpoint, hidePosition, IfPreconditions, listPage, type Preconditions, showPosition } from '#http';
import type { Principal, SessionId } from '#kernel';
import { type AdminCacheStats, CacheAdminService } from '../cache/cache-admin.service.js';
import { CacheWarmingService, WARMING_BOUNDS } from '#warming';
import {
  adviceResponse,
  cacheHealthResponse,
  changeFamilyBody,
  entryParams,
  familiesResponse,
  familyParams,
  invalidateBody,
  invalidateResponse,
  keyResponse,
  keysQuery,
  keysResponse,
  oneFamilyResponse,
  statsQuery,
  statsResponse,
  testResponse,
  warmBody,
  warmResponse,
} from './cache-admin.dto.js';
import { toJobResponse } from './job.dto.js';

/** A place in the scan of the whole server says how much it holds. */
const hiddenPosition = z.string().transform(showPosition);

/** The cache as administrators see it. What reaches beyond a workspace is an operator's. */
@Controller('v1/admin/cache')
export class CacheAdminController {
  constructor(
    private readonly admin: CacheAdminService,
    private readonly engine: CacheEngine,
    private readonly warming: CacheWarmingService,
  ) {}

  @Endpoint('GET /health', { summary: 'Cache health', access: ['admin'], response: cacheHealthResponse })
  async health(@Caller() caller: Principal) {
    const { problem = null, server = null, oldestInvalidationMs, ...report } = this.admin.health();
    const shown = { ...report, missingFeatures: [...report.missingFeatures], problem, server };
    // How long writes of all workspaces wait, and what servers do for all of them.
    if (!caller.scopes.has('operator')) return { ...shown, oldestInvalidationMs: null, servers: null };
    const states = (await this.engine.serverStates()) ?? [];
    const servers = states.map(({ limitBytes = null, ...state }) => ({ ...state, limitBytes }));
    return { ...shown, oldestInvalidationMs, servers };
  }

  @Endpoint('GET /stats', {
    summary: 'What the cache has counted, of all workspaces',
    access: ['operator'],
    response: statsResponse,
  })
  async stats(@Query({ schema: statsQuery }) { scope }: z.infer<typeof statsQuery>) {
    return toStatsResponse(await this.admin.stats(scope), this.engine);
  }

  @Endpoint('GET /families', {
    summary: 'Cache families and their policies',
    access: ['admin'],
    response: familiesResponse,
    tagged: true,
  })
  families() {
    return { items: this.admin.families().map(toFamilyResponse) };
  }

  @Endpoint('GET /families/:name', {
    summary: 'A cache family and its policy',
    access: ['admin'],
    response: oneFamilyResponse,
  })
  family(
    @Param({ schema: familyParams }) { name }: z.infer<typeof familyParams>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(this.admin.family(name), reply);
  }

  @Endpoint('PATCH /families/:name', {
    summary: 'Change how long a family keeps what it holds, on every process',
    access: ['operator'],
    response: oneFamilyResponse,
  })
  async changeFamily(
    @Caller() caller: Principal,
    @Param({ schema: familyParams }) { name }: z.infer<typeof familyParams>,
    @Body({ schema: changeFamilyBody }) { reason, ...settings }: z.infer<typeof changeFamilyBody>,
    @IfPreconditions() given: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.admin.changeFamily(caller, name, settings, reason, given), reply);
  }

  @Endpoint('GET /keys', {
    summary: 'Keys of a family, without their values',
    access: ['admin'],
    response: keysResponse,
  })
  async keys(@Caller() caller: Principal, @Query({ schema: keysQuery }) query: z.infer<typeof keysQuery>) {
    return listPage(query, {
      of: ['cache-keys', caller.workspaceId, query.family],
      key: hiddenPosition,
      load: async (after = '0', limit) => {
        const { items, next } = await this.admin.keys(caller, query.family, after, limit);
        return next === undefined ? { items } : { items, next: [hidePosition(next)] };
      },
      show: (keys) => keys,
    });
  }

  @Endpoint('GET /entries/:key', {
    summary: 'One entry, without its value',
    access: ['admin'],
    response: keyResponse,
    freeText: 'key',
  })
  entry(@Caller() caller: Principal, @Param({ schema: entryParams }) { key }: z.infer<typeof entryParams>) {
    return this.admin.entry(caller, key);
  }

  @Endpoint('POST /invalidations', {
    summary: 'Invalidate cached data by tag, key, family, project, session or context',
    access: ['admin'],
    response: invalidateResponse,
  })
  async invalidate(
    @Caller() caller: Principal,
    @Body({ schema: invalidateBody }) body: z.infer<typeof invalidateBody>,
  ) {
    const { reason, key, tag, project, session, context, user, family, all } = body;
    const done = (invalidated: string, deletedEntries: number | null = null) => ({ invalidated, deletedEntries });
    if (all !== undefined) {
      requireOperator(caller);
      await this.admin.clear(caller, reason);
      return done('all');
    }
    if (family !== undefined) {
      requireOperator(caller);
      return done('family', await this.admin.deleteFamily(caller, family, reason));
    }
    if (key !== undefined) {
      await this.admin.deleteEntry(caller, key, reason);
      return done('key', 1);
    }
    if (tag !== undefined) {
      await this.admin.invalidateTag(caller, tag, reason);
      return done('tag');
    }
    if (project !== undefined) {
      await this.admin.invalidate(caller, { kind: 'project', project }, reason);
      return done('project');
    }
    if (session !== undefined) {
      await this.admin.invalidate(caller, { kind: 'session', id: session }, reason);
      return done('session');
    }
    if (context !== undefined) {
      await this.admin.invalidate(caller, { kind: 'context', id: context }, reason);
      return done('context');
    }
    await this.admin.invalidateUser(caller, user as string, reason);
    return done('user');
  }

  @Endpoint('POST /warm', {
    summary: 'Load what readers of a project, of a session or of a user ask first, as a job',
    access: ['admin'],
    response: warmResponse,
    status: 202,
  })
  async warm(
    @Caller() caller: Principal,
    @Body({ schema: warmBody }) { project, session, user }: z.infer<typeof warmBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request =
      project !== undefined
        ? { project }
        : session !== undefined
          ? { session: session as SessionId }
          : { user: user as string };
    const job = await this.warming.start(caller, request);
    void reply.header('location', `/v1/jobs/${job.id}`);
    return { job: toJobResponse(job), bounds: WARMING_BOUNDS };
  }

  @Endpoint('POST /test', {
    summary: 'Time a round trip to the shared tier',
    access: ['admin'],
    response: testResponse,
    status: 200,
    onlyReads: true,
  })
  test() {
    return this.admin.test();
  }

  @Endpoint('GET /advice', {
    summary: 'TTLs worth a try, from what was measured of all workspaces',
    access: ['operator'],
    response: adviceResponse,
  })
  async advice() {
    return { items: await this.admin.advice() };
  }

  private tagged(family: FamilyListing, reply: FastifyReply) {
    void reply.header('etag', this.admin.tagOf(family));
    return toFamilyResponse(family);
  }
}

function toStatsResponse(report: AdminCacheStats, engine: CacheEngine): z.infer<typeof statsResponse> {
  const health = engine.health();
  const { totals } = report;
  return {
    families: { ...report.families },
    totals,
    tiers: {
      local: {
        hits: totals.localHits,
        misses: totals.localMisses,
        hitRate: totals.localHitRate,
        ...report.local,
      },
      shared: {
        hits: totals.sharedHits,
        misses: totals.sharedMisses,
        hitRate: totals.sharedHitRate,
        mode: health.mode,
        server: health.server ?? null,
        bytes: report.shared?.bytes ?? null,
        maxBytes: report.shared?.maxBytes ?? null,
        evictions: report.shared?.evictions ?? null,
      },
    },
    breaker: health.breaker,
    processes: report.processes,
    since: report.since,
  };
}

function toFamilyResponse({ policy, ...family }: FamilyListing): z.infer<typeof oneFamilyResponse> {
  return { ...family, policy: { ...policy, negativeTtlMs: policy.negativeTtlMs ?? null } };
}

function requireOperator(caller: Principal): void {
  if (!caller.scopes.has('operator')) throw missingScope('operator');
}
