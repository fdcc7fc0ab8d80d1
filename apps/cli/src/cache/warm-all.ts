import type { Progress } from '../progress.js';
import type { ServerClient } from '../server/server-client.js';
import type { Warming } from './cache-answers.js';
import type { WarmTarget } from './parse-cache-call.js';

/** Warms one target, or every project of the workspace one after the other. The server bounds the time of each. */
export async function warmAll(
  server: ServerClient,
  target: WarmTarget | undefined,
  progress: Progress,
): Promise<Warming[]> {
  const targets = target === undefined ? await projectsOf(server) : [target];
  const warmings: Warming[] = [];
  for (const one of targets) {
    const { warmed, failed } = await server.call<Omit<Warming, 'target'>>('POST', '/v1/admin/cache/warm', {
      body: one,
    });
    warmings.push({ target: 'project' in one ? one.project : one.session, warmed, failed });
    progress.step(warmings.length, targets.length, 'warmed');
  }
  return warmings;
}

async function projectsOf(server: ServerClient): Promise<WarmTarget[]> {
  const targets: WarmTarget[] = [];
  for await (const page of server.pages<{ slug: string }>('/v1/projects'))
    targets.push(...page.map(({ slug }) => ({ project: slug })));
  return targets;
}
