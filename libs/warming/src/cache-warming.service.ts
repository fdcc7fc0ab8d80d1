import { Injectable } from '@nestjs/common';
import { missingScope, principalOf } from '#auth';
import { CacheEngine } from '#cache';
import { DomainError, NotFoundError, type Principal, type SessionId } from '#kernel';
import { JobQueue, type JobRecord, JobService } from '#queue';
import { CacheWarmers } from './cache-warmers.js';
import { cacheWarming, type WarmingCommand } from './cache-warming.job.js';

/** What an administrator wants warm, in the terms of the product. */
type WarmingRequest =
  | { readonly project: string }
  | { readonly session: SessionId }
  | { /** A subject of tokens, or a principal's id. */ readonly user: string };

/** Starts warmings of the cache. The work is a job, done by any worker. */
@Injectable()
export class CacheWarmingService {
  constructor(
    private readonly engine: CacheEngine,
    private readonly queue: JobQueue,
    private readonly jobs: JobService,
    private readonly warmers: CacheWarmers,
  ) {}

  /**
   * @throws NotFoundError for a session that the caller's workspace does not have; DomainError `missing-scope` where
   * somebody else than an operator names another user; `cache-not-shared` where what one process loads helps no other.
   */
  async start(caller: Principal, request: WarmingRequest): Promise<JobRecord> {
    const { workspaceId } = caller;
    const command = await this.commandOf(caller, request);
    this.requireUse();
    const id = await this.queue.enqueue(cacheWarming, command, { workspaceId });
    return this.jobs.get({ workspaceId, includeSpanning: false }, id as string);
  }

  private async commandOf(caller: Principal, request: WarmingRequest): Promise<WarmingCommand> {
    if ('project' in request) return request;
    if ('session' in request) {
      if ((await this.warmers.sessions.find(caller.workspaceId, request.session)) === undefined)
        throw new NotFoundError('Session', request.session);
      return request;
    }
    const principal = principalOf(request.user);
    if (principal !== caller.id && !caller.scopes.has('operator')) throw missingScope('operator');
    return { principal };
  }

  private requireUse(): void {
    const { mode, enabled } = this.engine.health();
    if (!enabled) throw notWarmable('The cache is off (CACHE_ENABLED=false).');
    if (mode === 'immutable-only')
      throw notWarmable(
        'Without Redis each process has a cache of its own, which no other one can warm. Set REDIS_URL, or KEEPSAKE_SINGLE_PROCESS=true where there is one process.',
      );
  }
}

function notWarmable(detail: string): DomainError {
  return new DomainError({ code: 'cache-not-shared', kind: 'conflict', detail });
}
