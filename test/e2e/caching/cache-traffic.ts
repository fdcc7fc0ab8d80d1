import { Redis } from 'ioredis';
import type { RedisServer } from '#test/support/services.js';

/** What the servers said to Redis between two looks. */
interface CacheTraffic {
  /** Tags that were fired, as they are written: workspace, name, parts. */
  readonly fired: ReadonlySet<string>;
  /** Tags whose stamps were read. */
  readonly read: ReadonlySet<string>;
  /** Families of which an entry was read or filled. */
  readonly families: ReadonlySet<string>;
  /** Families of which an entry was missing: somebody took the lease to load it. */
  readonly missed: ReadonlySet<string>;
  /** Whether entries were removed: a deletion for good does that at once, and once more when it is a minute old. */
  readonly isErased: boolean;
}

const TAG = /^ks:t:/;
const ENTRY = /^ks:v:([a-z-]+)@/;
const READS = new Set(['mget', 'get']);
const REMOVALS = new Set(['unlink', 'del']);

/** Listens to a Redis that the servers of a test alone use (`MONITOR`). */
export class CacheListener {
  private commands: { readonly command: readonly string[]; readonly from: string }[] = [];
  private count = 0;
  private readers: ReadonlySet<string> = new Set();

  private constructor(
    private readonly client: Redis,
    private readonly monitor: Redis,
  ) {
    monitor.on('monitor', (_time: string, command: string[], from: string) => this.commands.push({ command, from }));
  }

  static async to({ url }: RedisServer): Promise<CacheListener> {
    const client = new Redis(url);
    return new CacheListener(client, await client.monitor());
  }

  /** Only the reads of servers that start meanwhile are looked at; what is fired, whoever fires it. */
  async readersAre<Result>(start: () => Promise<Result>): Promise<Result> {
    const before = await this.addresses();
    const result = await start();
    this.readers = new Set([...(await this.addresses())].filter((address) => !before.has(address)));
    return result;
  }

  /** All since the last look; what was answered before it is in it. */
  async look(): Promise<CacheTraffic> {
    const end = `look-${++this.count}`;
    await this.client.echo(end);
    const isEnd = ({ command }: { readonly command: readonly string[] }) => command[1] === end;
    while (!this.commands.some(isEnd)) await this.client.ping();
    const at = this.commands.findIndex(isEnd);
    const seen = this.commands.slice(0, at);
    this.commands = this.commands.slice(at + 1);
    const traffic = {
      fired: new Set<string>(),
      read: new Set<string>(),
      families: new Set<string>(),
      missed: new Set<string>(),
      isErased: false,
    };
    for (const {
      command: [name = '', ...args],
      from,
    } of seen) {
      const command = name.toLowerCase();
      const isRemoval = REMOVALS.has(command);
      if (!isRemoval && !this.readers.has(from)) continue;
      for (const arg of args) {
        const family = ENTRY.exec(arg)?.[1];
        if (family !== undefined && isRemoval) traffic.isErased = true;
        else if (family !== undefined) {
          traffic.families.add(family);
          if (!READS.has(command)) traffic.missed.add(family);
        } else if (TAG.test(arg)) {
          (isRemoval ? traffic.fired : traffic.read).add(arg.replace(TAG, ''));
        }
      }
    }
    return traffic;
  }

  private async addresses(): Promise<Set<string>> {
    const list = String(await this.client.client('LIST'));
    return new Set([...list.matchAll(/ addr=(\S+)/g)].map(([, address]) => address as string));
  }

  close(): void {
    this.monitor.disconnect();
    this.client.disconnect();
  }
}

/** The name of a tag as it is written. */
export function nameOfTag(tag: string): string {
  return tag.split(':')[1] as string;
}

/** Whether a tag is of the platform itself, as those of credentials are. */
export function isPlatformTag(tag: string): boolean {
  return tag.startsWith('!:');
}
