import type { LoadContext, LoadMany } from './read-options.js';

/** Keys that wait for another process's load must not hold up the others for longer. */
const LONGEST_WAIT_MS = 20;

interface Waiting<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers the misses of one `getMany` into one load: it starts when every key is either answered or waiting. */
export class BulkLoad<Params, Value> {
  private readonly open: Set<Params>;
  private waiting = new Map<Params, Waiting<Value>>();
  private context: LoadContext | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    all: Iterable<Params>,
    private readonly loadMany: LoadMany<Params, Value>,
  ) {
    this.open = new Set(all);
  }

  /** This key needs no load any more. */
  answered(params: Params): void {
    if (this.open.delete(params)) this.startWhenComplete();
  }

  load(params: Params, context: LoadContext): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.waiting.set(params, { resolve, reject });
      this.context ??= context;
      this.open.delete(params);
      this.startWhenComplete();
    });
  }

  private startWhenComplete(): void {
    if (this.waiting.size === 0) return;
    if (this.open.size === 0) void this.start();
    else this.timer ??= setTimeout(() => void this.start(), LONGEST_WAIT_MS);
  }

  private async start(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting, context } = this;
    if (waiting.size === 0 || context === undefined) return;
    this.waiting = new Map();
    const missing = [...waiting.keys()];
    try {
      const values = await this.loadMany(missing, context);
      missing.forEach((params, i) => waiting.get(params)?.resolve(values[i] as Value));
    } catch (error) {
      for (const one of waiting.values()) one.reject(error);
    }
  }
}
