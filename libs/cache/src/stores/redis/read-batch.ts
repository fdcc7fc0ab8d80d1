import type { SharedRead } from '../shared-store.js';

interface Waiting {
  readonly entryAt: number;
  readonly stampsAt: readonly number[];
  readonly resolve: (read: SharedRead) => void;
  readonly reject: (error: unknown) => void;
}

/** Up to here, looking through the keys is quicker than an index of them. */
const FEW_KEYS = 8;

/**
 * The reads of one turn of the event loop, sent as one MGET. What a client costs per command dwarfs what a key costs,
 * and keys that many reads share (epoch, stamps of a project) are fetched once.
 */
export class ReadBatch {
  readonly keys: string[];
  private positions: Map<string, number> | undefined;
  private readonly waiting: Waiting[] = [];

  constructor(epochKey: string) {
    this.keys = [epochKey];
  }

  add(entryKey: string | undefined, stampKeys: readonly string[]): Promise<SharedRead> {
    return new Promise((resolve, reject) => {
      const stampsAt: number[] = [];
      for (let i = 0; i < stampKeys.length; i++) stampsAt.push(this.position(stampKeys[i] as string));
      this.waiting.push({ entryAt: entryKey === undefined ? -1 : this.position(entryKey), stampsAt, resolve, reject });
    });
  }

  resolve(values: readonly (Buffer | null)[], epoch: string | null): void {
    const stamps: (string | null | undefined)[] = [];
    for (const { entryAt, stampsAt, resolve } of this.waiting) {
      const own: (string | null)[] = [];
      for (let i = 0; i < stampsAt.length; i++) {
        const at = stampsAt[i] as number;
        let stamp = stamps[at];
        if (stamp === undefined) {
          const value = values[at] as Buffer | null;
          stamps[at] = stamp = value === null ? null : value.toString('latin1');
        }
        own.push(stamp ?? null);
      }
      resolve({ entry: entryAt === -1 ? null : (values[entryAt] as Buffer | null), epoch, stamps: own });
    }
  }

  reject(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
  }

  private position(key: string): number {
    const known = this.positions === undefined ? this.keys.indexOf(key) : this.positions.get(key);
    if (known !== undefined && known !== -1) return known;
    const position = this.keys.push(key) - 1;
    if (this.positions !== undefined) this.positions.set(key, position);
    else if (position === FEW_KEYS) this.positions = new Map(this.keys.map((one, at) => [one, at]));
    return position;
  }
}
