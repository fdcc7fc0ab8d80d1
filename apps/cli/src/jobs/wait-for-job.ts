import { setTimeout as pause } from 'node:timers/promises';
import { CliError, ExitCode } from '../cli-error.js';
import type { ServerClient } from '../server/server-client.js';

/** A job as `GET /v1/jobs/:id` shows it, as far as a command looks at it. */
export interface Job<Result = unknown> {
  readonly id: string;
  readonly name: string;
  readonly state: 'waiting' | 'retrying' | 'running' | 'completed' | 'failed' | 'cancelled';
  readonly steps: { readonly done: number; readonly total: number } | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly result: Result | null;
}

const FIRST_LOOK_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Workers take what is due within seconds. */
const WORKER_WAIT_MS = 30_000;

/**
 * Looks at a job until it has ended, and reports each look.
 * @returns the job as it ended: completed, failed or cancelled
 * @throws CliError where no worker takes it for half a minute; it goes on waiting
 */
export async function waitForJob<Result>(
  server: Pick<ServerClient, 'call'>,
  id: string,
  seen: (job: Job<Result>) => void = () => undefined,
  workerWaitMs = WORKER_WAIT_MS,
): Promise<Job<Result>> {
  const startedAtMs = performance.now();
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const job = await server.call<Job<Result>>('GET', `/v1/jobs/${id}`);
    seen(job);
    if (job.state === 'completed' || job.state === 'failed' || job.state === 'cancelled') return job;
    if (job.state === 'waiting' && performance.now() - startedAtMs > workerWaitMs)
      throw new CliError(
        `No worker has taken the job ${id} (${job.name}) yet. It goes on waiting: start \`keepsake worker\`, or look at GET /v1/jobs/stats.`,
        ExitCode.unavailable,
      );
    await pause(pauseMs);
  }
}
