import type { FamilyState } from './family-registry.js';
import type { Load } from './read-options.js';

/** Runs a loader and counts it. Its signal is aborted after the family's load timeout; it may go on. */
export async function callSource<Params, Value>(state: FamilyState<Params, Value>, load: Load<Value>): Promise<Value> {
  state.stats.loads++;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), state.policy.loadTimeoutMs);
  try {
    return await load({ signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}
