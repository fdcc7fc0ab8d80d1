import { type Job, waitForJob } from '../jobs/wait-for-job.js';
import type { Progress } from '../progress.js';
import type { ServerClient } from '../server/server-client.js';
import type { Warming, WarmingStarted, WarmingResult } from './cache-answers.js';
import type { WarmTarget } from './parse-cache-call.js';

/**
 * Orders the warming of one target, or of every project of the workspace, and waits for each before the next is
 * ordered; with `wait: false` it only orders.
 */
export async function warm(
  server: ServerClient,
  target: WarmTarget | undefined,
  { wait, progress }: { readonly wait: boolean; readonly progress: Progress },
): Promise<Warming[]> {
  const targets = target === undefined ? await projectsOf(server) : [target];
  const warmings: Warming[] = [];
  for (const one of targets) {
    const { job, bounds } = await server.call<WarmingStarted>('POST', '/v1/admin/cache/warm', { body: one });
    // Of one target its steps are told, of many how many are done.
    const reported = ({ steps }: Job) => {
      if (targets.length === 1 && steps !== null) progress.step(steps.done, steps.total, 'warmed');
    };
    const ended = wait ? await waitForJob<WarmingResult>(server, job.id, reported) : job;
    warmings.push(toWarming(nameOf(one), ended, bounds));
    if (targets.length > 1) progress.step(warmings.length, targets.length, wait ? 'warmed' : 'ordered');
  }
  return warmings;
}

function toWarming(target: string, job: Job<WarmingResult>, bounds: WarmingStarted['bounds']): Warming {
  return {
    target,
    job: job.id,
    state: job.state,
    failure: job.failure,
    targets: job.result?.targets ?? null,
    warmed: job.result?.warmed ?? null,
    cold: job.result?.cold ?? [],
    isMore: job.result?.isMore ?? false,
    bounds,
  };
}

function nameOf(target: WarmTarget): string {
  return Object.values(target)[0] as string;
}

async function projectsOf(server: ServerClient): Promise<WarmTarget[]> {
  const targets: WarmTarget[] = [];
  for await (const page of server.pages<{ slug: string }>('/v1/projects'))
    targets.push(...page.map(({ slug }) => ({ project: slug })));
  return targets;
}
