import { setImmediate } from 'node:timers/promises';
import { WorkPauses } from '#kernel';
import { cloneForCaller } from '../codec/payload.js';
import type { KeySpace } from '../families/key.js';
import type { FamilyState } from '../families/registry.js';
import type { CacheReader } from './cache-reader.js';
import type { LoadContext, LoadMany, ReadOptions, ReadReport } from './read-options.js';

/** Reads of one bulk that begin before others get a turn. */
const BEGIN_AT_ONCE = 256;

/** Values that are checked, stored and handed out before others get a turn: as many as one script of a store takes. */
const AT_A_TIME = 64;

interface Waiting<Params, Value> {
  readonly params: Params;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads many, in the order asked. Everything that is missing is asked for in one load; equal keys are read and loaded once.
 */
export async function readMany<Params, Value>(
  reader: CacheReader,
  space: KeySpace,
  state: FamilyState<Params, Value>,
  all: readonly Params[],
  loadMany: LoadMany<Params, Value>,
  report?: (report: ReadReport) => void,
): Promise<(Value | undefined)[]> {
  const keys = all.map((params) => state.family.entryKey(space, params));
  const firstOf = new Map<string, number>();
  keys.forEach((key, i) => {
    if (!firstOf.has(key)) firstOf.set(key, i);
  });
  const firsts = [...firstOf.values()].map((i) => all[i] as Params);
  const values = await readDistinct(reader, state, firsts, loadMany, report);
  const valueOf = new Map([...firstOf.keys()].map((key, i) => [key, values[i]]));
  return keys.map((key, i) => {
    const value = valueOf.get(key);
    return firstOf.get(key) === i || value === undefined ? value : cloneForCaller(state, value);
  });
}

async function readDistinct<Params, Value>(
  reader: CacheReader,
  state: FamilyState<Params, Value>,
  all: readonly Params[],
  loadMany: LoadMany<Params, Value>,
  report?: (report: ReadReport) => void,
): Promise<(Value | undefined)[]> {
  const bulk = new BulkLoad(all.length, loadMany);
  const readOne = async (params: Params) => {
    const one = new BulkRead(bulk, params, report);
    try {
      return await reader.read(state, params, one.load, one);
    } finally {
      one.settle();
    }
  };
  const pauses = new WorkPauses();
  const values: Promise<Value>[] = [];
  for (const [index, params] of all.entries()) {
    // Not in between: what begins together is read in one command.
    if (index % BEGIN_AT_ONCE === 0 && pauses.isDue) await pauses.pauseIfDue();
    const value = readOne(params);
    // It may fail while others have not begun.
    value.catch(() => undefined);
    values.push(value);
  }
  return Promise.all(values);
}

/**
 * Gathers the misses of one `getMany` into one load. It starts when of every key is known whether it is answered,
 * loaded here, or by somebody else: the others do not wait for that.
 */
class BulkLoad<Params, Value> {
  private undecided: number;
  private waiting: Waiting<Params, Value>[] = [];
  private context: LoadContext | undefined;

  constructor(
    count: number,
    private readonly loadMany: LoadMany<Params, Value>,
  ) {
    this.undecided = count;
  }

  /** Of one key is known now what becomes of it. */
  decided(): void {
    this.undecided--;
    this.startWhenComplete();
  }

  load(params: Params, context: LoadContext): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ params, resolve, reject });
      this.context ??= context;
    });
  }

  /** Starts at once where nothing is undecided: who comes later loads by itself. */
  startWhenComplete(): void {
    if (this.undecided === 0 && this.waiting.length > 0) void this.start();
  }

  private async start(): Promise<void> {
    const { waiting, context } = this;
    this.waiting = [];
    this.context = undefined;
    try {
      const values = await this.loadMany(
        waiting.map(({ params }) => params),
        context as LoadContext,
      );
      for (const [i, { resolve }] of waiting.entries()) {
        resolve(values[i] as Value);
        if (i % AT_A_TIME === AT_A_TIME - 1) await setImmediate();
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

/** The part of one key in a bulk read. */
class BulkRead<Params, Value> implements ReadOptions {
  private isDecided = false;

  constructor(
    private readonly bulk: BulkLoad<Params, Value>,
    private readonly params: Params,
    private readonly reportEach?: (report: ReadReport) => void,
  ) {}

  readonly load = (context: LoadContext): Promise<Value> => {
    const value = this.bulk.load(this.params, context);
    if (this.isDecided) this.bulk.startWhenComplete();
    else this.decide();
    return value;
  };

  report(report: ReadReport): void {
    const { status } = report;
    this.reportEach?.(report);
    if (status === 'hit' || status === 'stale') this.decide();
  }

  awaitsOther(): void {
    this.decide();
  }

  /** It has its value or its error, however it came by them. */
  settle(): void {
    this.decide();
  }

  private decide(): void {
    if (this.isDecided) return;
    this.isDecided = true;
    this.bulk.decided();
  }
}
