import { decodePayload } from '../codec/payload.js';
import { encodeKeyPart, PLATFORM_SCOPE } from '../families/key.js';
import type { FamilyRegistry } from '../families/registry.js';
import { isEntry, loadedAtOf, payloadOf } from '../protocol/entry.js';
import { NoStore } from '../stores/no-store.js';
import type { CacheParts } from './reading.js';

const SCAN_PAGE = 1_000;
const OUTSIDE_OF_IDS = /[^0-9a-f-]/;

/** What entries are searched for. */
export interface SoughtContent {
  /** Whole values or parts of keys, such as the name of a user: in what was loaded before `loadedBeforeMs`. */
  readonly names: readonly string[];
  readonly loadedBeforeMs: number;
  /** UUIDs, wherever they stand and whenever it was loaded. */
  readonly ids: ReadonlySet<string>;
}

export interface FoundEntries {
  /** Of the store of all processes. */
  readonly shared: number;
  /** Of this process. */
  readonly local: number;
}

/** A scan of the whole store: for administrators. */
export async function scanEntries(
  { store, local, space }: Pick<CacheParts, 'store' | 'local' | 'space'>,
  registry: FamilyRegistry,
  workspace: string,
  sought: SoughtContent,
): Promise<FoundEntries> {
  const scopes = [encodeKeyPart(workspace), PLATFORM_SCOPE];
  const isMeant = (key: string) => scopes.some((scope) => space.isEntryIn(scope, key));
  const search = new ContentSearch(sought);
  let shared = 0;
  let cursor = store instanceof NoStore ? undefined : '0';
  while (cursor !== undefined) {
    const page = await store.scan(space.entryPrefix, cursor, SCAN_PAGE);
    for (const key of new Set(page.keys.filter(isMeant))) {
      const { entry } = await store.read(key, []);
      if (entry === null || !isEntry(entry)) continue;
      if (search.isIn(key, valueOf(registry, space.entryPrefix, key, entry), loadedAtOf(entry))) shared++;
    }
    cursor = page.cursor === '0' ? undefined : page.cursor;
  }
  let held = 0;
  for (const [key, { value, loadedAtMs }] of local.held())
    if (isMeant(key) && search.isIn(key, value, loadedAtMs)) held++;
  return { shared, local: held };
}

/** As its family reads it; the bytes where none does. */
function valueOf(registry: FamilyRegistry, prefix: string, key: string, entry: Buffer): unknown {
  const name = key.slice(prefix.length, key.indexOf('@', prefix.length));
  const family = registry.find(name)?.family;
  try {
    return family === undefined ? payloadOf(entry) : decodePayload(family, entry);
  } catch {
    return payloadOf(entry);
  }
}

class ContentSearch {
  private readonly names: ReadonlySet<string>;
  private readonly quoted: readonly string[];
  private readonly parts: ReadonlySet<string>;

  constructor(private readonly sought: SoughtContent) {
    this.names = new Set(sought.names);
    this.quoted = sought.names.map((name) => JSON.stringify(name));
    this.parts = new Set(sought.names.map(encodeKeyPart));
  }

  isIn(key: string, value: unknown, loadedAtMs: number): boolean {
    const isOld = loadedAtMs < this.sought.loadedBeforeMs;
    if (isOld && key.split(':').some((part) => this.parts.has(part))) return true;
    return this.hasId(key) || this.isInValue(value, isOld);
  }

  private isInValue(value: unknown, isOld: boolean): boolean {
    if (typeof value === 'string')
      return (
        this.hasId(value) || (isOld && (this.names.has(value) || this.quoted.some((name) => value.includes(name))))
      );
    if (value instanceof Float32Array || value instanceof Date) return false;
    if (value instanceof Uint8Array) return this.isInValue(Buffer.from(value).toString('utf8'), isOld);
    if (value instanceof Map) return this.isInValue([...value.entries()], isOld);
    if (Array.isArray(value)) return value.some((each) => this.isInValue(each, isOld));
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(([name, each]) => (isOld && this.names.has(name)) || this.isInValue(each, isOld));
  }

  private hasId(text: string): boolean {
    return this.sought.ids.size > 0 && text.split(OUTSIDE_OF_IDS).some((part) => this.sought.ids.has(part));
  }
}
