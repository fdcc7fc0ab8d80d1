import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CacheEngine, cacheUnavailable } from '#cache';
import type { SessionId, WorkspaceId } from '#kernel';
import { projectSlug } from '#project';
import { declareJob, HandlesJob, type JobContext, type JobResult } from '#queue';
import { CacheWarmers, type WarmTarget } from './cache-warmers.js';

/** What one job warms at most; what is beyond is reported in its result. */
export const WARMING_BOUNDS = { targets: 50, seconds: 60 } as const;

const payload = z.union([
  z.strictObject({ project: projectSlug }),
  z.strictObject({ session: z.uuid() }),
  z.strictObject({ principal: z.string().min(1).max(300) }),
]);

/** One of a project by its slug, a session by its id, or a principal (`key:<id>`, `jwt:<subject>`) with all that it reads. */
export type WarmingCommand = z.infer<typeof payload>;

/** Loads what readers ask first, by their own calls. */
export const cacheWarming = declareJob({
  name: 'cache-warming',
  payload,
  retryLimit: 3,
  retryDelaySeconds: 5,
  timeoutSeconds: 2 * WARMING_BOUNDS.seconds,
});

type Context = Pick<JobContext, 'signal' | 'progress'> & { readonly workspaceId: WorkspaceId | undefined };

/** Warms one target after the other, so that warming never takes more than one connection. */
@Injectable()
export class CacheWarmingJob {
  constructor(
    private readonly engine: CacheEngine,
    private readonly warmers: CacheWarmers,
  ) {}

  /**
   * Resolves with how many targets there were, how many are warm, what stayed cold in which, and whether there was more
   * than the bounds allow.
   * @throws DomainError `cache-unavailable` where nothing would stay: another attempt is made later
   */
  @HandlesJob(cacheWarming)
  async handle(command: WarmingCommand, { workspaceId, signal, progress }: Context): Promise<JobResult> {
    if (workspaceId === undefined) throw new Error('A warming without a workspace.');
    if (!this.engine.cache.store.isOpen) throw cacheUnavailable();
    const { targets, isMore } = await this.targetsOf(command, workspaceId);
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(WARMING_BOUNDS.seconds * 1000)]);
    const total = targets.length * this.warmers.stepCount;
    let done = 0;
    const cold: { project: string; session: string | null; parts: readonly string[] }[] = [];
    for (const target of targets) {
      const parts = await this.warmers.warm(target, inTime, () => progress(++done, total));
      signal.throwIfAborted();
      if (parts.length > 0) cold.push({ project: target.project, session: target.sessionId ?? null, parts });
    }
    return { targets: targets.length, warmed: targets.length - cold.length, cold, isMore };
  }

  private async targetsOf(
    command: WarmingCommand,
    workspaceId: WorkspaceId,
  ): Promise<{ targets: readonly WarmTarget[]; isMore: boolean }> {
    if ('project' in command) return { targets: [{ workspaceId, project: command.project }], isMore: false };
    if ('session' in command) {
      const session = await this.warmers.sessions.find(workspaceId, command.session as SessionId);
      // One that was deleted meanwhile needs nothing.
      const targets = session === undefined ? [] : [{ workspaceId, project: session.project, sessionId: session.id }];
      return { targets, isMore: false };
    }
    const started = await this.warmers.sessions.startedBy(workspaceId, command.principal, WARMING_BOUNDS.targets + 1);
    const open = started.filter(({ isOpen }) => isOpen).map(({ session }) => session);
    const worked = new Set(open.map(({ project }) => project));
    const left = new Set(started.map(({ session }) => session.project).filter((project) => !worked.has(project)));
    const targets = [
      ...open.map(({ project, id }): WarmTarget => ({ workspaceId, project, sessionId: id })),
      // Where it worked before: the next session there wakes up warm.
      ...[...left].map((project): WarmTarget => ({ workspaceId, project })),
    ];
    return {
      targets: targets.slice(0, WARMING_BOUNDS.targets),
      isMore: started.length > WARMING_BOUNDS.targets,
    };
  }
}
