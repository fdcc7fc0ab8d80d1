import { z } from 'zod';
import type { JobDefinition } from '../job.js';

const payload = z.strictObject({ text: z.string().max(100) });

export type TestPayload = z.infer<typeof payload>;

/** A kind of job with a name of its own. */
export function testJob(overrides: Partial<JobDefinition<TestPayload>> = {}): JobDefinition<TestPayload> {
  return {
    name: `test-${Math.random().toString(36).slice(2, 10)}`,
    payload,
    retryLimit: 2,
    retryDelaySeconds: 1,
    timeoutSeconds: 30,
    ...overrides,
  };
}

/** A kind of job without a payload, as schedules have. */
export function testTick(
  overrides: Partial<JobDefinition<Record<string, never>>> = {},
): JobDefinition<Record<string, never>> {
  return { ...testJob(), retryLimit: 0, payload: z.strictObject({}), ...overrides };
}
