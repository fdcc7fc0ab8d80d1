import type { FamilyState } from './family-registry.js';
import type { Load, LoadContext } from './read-options.js';

/** Runs a loader and counts it. Its signal is aborted after the family's load timeout; it may go on. */
export async function callSource<Params, Value>(state: FamilyState<Params, Value>, load: Load<Value>): Promise<Value> {
  state.stats.loads++;
  const context = new TimedContext(state.policy.loadTimeoutMs);
  try {
    return await load(context);
  } finally {
    context.end();
  }
}

/** Most loaders never look at their signal, and a signal with its timer costs more than a small load: it is made when asked for. */
class TimedContext implements LoadContext {
  private readonly startedMs = performance.now();
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private hasEnded = false;

  constructor(private readonly timeoutMs: number) {}

  get signal(): AbortSignal {
    if (this.controller !== undefined) return this.controller.signal;
    const controller = (this.controller = new AbortController());
    const leftMs = this.startedMs + this.timeoutMs - performance.now();
    if (!this.hasEnded) this.timer = setTimeout(() => controller.abort(), Math.max(0, leftMs));
    return controller.signal;
  }

  end(): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
  }
}
