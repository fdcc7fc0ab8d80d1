import { pauseFor } from '../pause.js';

interface Running {
  readonly ended: Promise<unknown>;
  next: Promise<unknown> | undefined;
}

/**
 * Shares loads among callers who may trust nothing older than their own call: who comes while a load runs waits for it
 * to end and shares the next one. So a source without a cache before it has one load of a key at a time, and nobody
 * waits for more than two.
 */
export class FreshLoads {
  private readonly running = new Map<string, Running>();

  /** @param patienceMs how long the next load waits for the one that runs */
  async load<Value>(key: string, patienceMs: number, load: () => Promise<Value>): Promise<Value> {
    const running = this.running.get(key);
    if (running === undefined) return this.start(key, load);
    running.next ??= this.startAfter(running, key, patienceMs, load);
    return running.next as Promise<Value>;
  }

  private async startAfter<Value>(
    { ended }: Running,
    key: string,
    patienceMs: number,
    load: () => Promise<Value>,
  ): Promise<Value> {
    const patience = new AbortController();
    await Promise.race([ended, pauseFor(patienceMs, patience.signal)]);
    patience.abort();
    return this.start(key, load);
  }

  private start<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
    const value = load();
    const ended = value.then(
      () => undefined,
      () => undefined,
    );
    const running: Running = { ended, next: undefined };
    this.running.set(key, running);
    void ended.then(() => {
      if (this.running.get(key) === running && running.next === undefined) this.running.delete(key);
      return undefined;
    });
    return value;
  }
}
