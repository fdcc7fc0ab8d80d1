import { encodeKeyPart, encodeKeyParts, type KeyPart, type KeySpace, PLATFORM_SCOPE } from './key.js';
import type { Codec, StandardSchema } from '../codec/codec.js';
import { jsonCodec } from '../codec/json-codec.js';
import type { Tag } from './tag.js';

/**
 * Whose data a family holds. The parameters decide: whoever can name a principal must scope by it, else a project,
 * else a workspace. `platform` is for what belongs to no workspace, and only where the parameters name none.
 */
type ScopeOf<Params> = Params extends { readonly principal: string; readonly workspace: string }
  ? 'principal'
  : Params extends { readonly project: string; readonly workspace: string }
    ? 'project'
    : Params extends { readonly workspace: string }
      ? 'workspace'
      : Params extends
            { readonly workspace?: unknown } | { readonly project?: unknown } | { readonly principal?: unknown }
        ? 'workspace' extends keyof Params
          ? never
          : 'platform'
        : 'platform';

interface EarlyRefresh {
  /** XFetch (Vattani, Chierichetti, Lowenstein, VLDB 2015): above 1 refreshes earlier, 0 turns it off. 1 by default. */
  readonly beta?: number;
  /** After this many milliseconds one reader refreshes in the background, and all are served what is there. */
  readonly softTtlMs?: number;
}

/** How a family remembers that its loader failed. */
interface FailureCaching {
  readonly ttlMs: number;
  /** Plain data to store for this error, or undefined where it must not be remembered. */
  encode(error: unknown): unknown;
  /** The error that later callers get. */
  decode(stored: unknown): Error;
}

/** What may change while the product runs. Absent: as declared. */
export interface FamilySettings {
  readonly enabled?: boolean;
  readonly ttlMs?: number;
  readonly staleMs?: number;
  readonly staleIfErrorMs?: number;
}

/** A change of them: what is absent stays, null is as the family declares it. */
export type FamilySettingsPatch = { readonly [Name in keyof FamilySettings]?: FamilySettings[Name] | null };

interface CommonDefinition<Params, Value> {
  /** Unique in the product, kebab-case; part of the key and the label of its metrics. */
  readonly name: string;
  /** Raise it whenever the shape of the value or the meaning of the key changes: releases side by side then never read each other. */
  readonly schemaVersion: number;
  readonly scope: ScopeOf<Params>;
  /** What distinguishes entries of one scope. Pass objects through `hashOf`. */
  readonly key: (params: Params) => KeyPart | readonly KeyPart[];
  /** Absent: the configured default. */
  readonly ttlMs?: number;
  /** A shorter life than `ttlMs` for this value, such as what is left of a token's. Never longer. */
  readonly ttlOf?: (value: Value, params: Params) => number;
  /** Spread of the TTL, as a share of it; 0.1 by default. Entries made together then don't expire together. */
  readonly jitter?: number;
  /** TTL of `null`; `ttlMs` by default. */
  readonly negativeTtlMs?: number;
  /** For how long past its expiry an entry is still served while one reader refreshes it. Time only: never after an invalidation. 0 by default. */
  readonly staleMs?: number;
  /** For how long past its expiry an entry is served when the source fails. Time only, as above. 0 by default. */
  readonly staleIfErrorMs?: number;
  readonly earlyRefresh?: EarlyRefresh;
  /** How long a caller waits for another's load before it loads by itself. 5 s by default. */
  readonly loadTimeoutMs?: number;
  readonly codec?: Codec<Value>;
  /** Checked on every value that comes from outside this process. What does not pass is removed and loaded again. */
  readonly schema?: StandardSchema<Value>;
  readonly enabled?: boolean;
  /** Values that must not be stored, such as degraded answers, return false. */
  readonly isCacheable?: (value: Value) => boolean;
  readonly failures?: FailureCaching;
  /** Whether this process keeps decoded values. True by default. */
  readonly keepInProcess?: boolean;
  /** Payloads above this size are compressed; 8 KiB by default. Vectors never are. */
  readonly compressAboveBytes?: number;
  /** Larger values are not stored; 4 MiB by default. */
  readonly maxBytes?: number;
  /** What one avoided load saves, in dollars, for the statistics. */
  readonly costOf?: (value: Value) => number;
}

export interface MutableDefinition<Params, Value> extends CommonDefinition<Params, Value> {
  readonly mutable: true;
  /**
   * What the value depends on, from the parameters alone: tags are known before the load. At least one must be an
   * identity tag that the writes of this very thing fire.
   */
  readonly tags: (params: Params) => readonly [Tag, ...Tag[]];
}

export interface ImmutableDefinition<Params, Value> extends CommonDefinition<Params, Value> {
  readonly mutable: false;
  /**
   * Optional: for erasing. The value itself can't become wrong, but once a tag was fired no process answers it any
   * more; so every read looks at the shared tier. Without tags a process answers alone.
   */
  readonly tags?: (params: Params) => readonly Tag[];
}

export interface FamilyPolicy {
  readonly enabled: boolean;
  readonly ttlMs: number;
  readonly jitter: number;
  readonly negativeTtlMs: number | undefined;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  readonly beta: number;
  readonly softTtlMs: number | undefined;
  readonly loadTimeoutMs: number;
  /** No entry is served as fresh for longer, also one that was stored under a longer TTL. */
  readonly longestMs: number;
}

const NO_TAGS: readonly Tag[] = Object.freeze([]);

export abstract class CacheFamily<Params, Value> {
  abstract readonly mutable: boolean;
  readonly name: string;
  readonly codec: Codec<Value>;
  private readonly middle: string;

  constructor(
    readonly definition: CommonDefinition<Params, Value> & {
      readonly tags?: (params: Params) => readonly Tag[];
    },
  ) {
    check(definition);
    this.name = definition.name;
    this.codec = definition.codec ?? (jsonCodec as Codec<Value>);
    this.middle = `${definition.name}@${definition.schemaVersion}:`;
  }

  /** `ks:v:<family>@<schemaVersion>:<scope>:<id>` */
  entryKey(space: KeySpace, params: Params): string {
    return `${space.entryPrefix}${this.middle}${this.scopeText(params)}:${encodeKeyParts(this.definition.key(params))}`;
  }

  tags(params: Params): readonly Tag[] {
    return this.definition.tags === undefined ? NO_TAGS : this.definition.tags(params);
  }

  /** All keys of this family and version start with it. */
  keyPrefix(space: KeySpace): string {
    return space.entryPrefix + this.middle;
  }

  /** The declared policy with what was changed at run time. */
  policyWith(settings: FamilySettings, defaultTtlMs: number): FamilyPolicy {
    const { definition } = this;
    const ttlMs = settings.ttlMs ?? definition.ttlMs ?? defaultTtlMs;
    return Object.freeze({
      enabled: settings.enabled ?? definition.enabled ?? true,
      ttlMs,
      jitter: definition.jitter ?? 0.1,
      negativeTtlMs: definition.negativeTtlMs,
      staleMs: settings.staleMs ?? definition.staleMs ?? 0,
      staleIfErrorMs: settings.staleIfErrorMs ?? definition.staleIfErrorMs ?? 0,
      beta: definition.earlyRefresh?.beta ?? (definition.earlyRefresh === undefined ? 0 : 1),
      softTtlMs: definition.earlyRefresh?.softTtlMs,
      loadTimeoutMs: definition.loadTimeoutMs ?? 5_000,
      longestMs: Math.max(ttlMs, definition.negativeTtlMs ?? 0, definition.failures?.ttlMs ?? 0),
    });
  }

  private scopeText(params: Params): string {
    const { workspace, project, principal } = params as { workspace?: string; project?: string; principal?: string };
    switch (this.definition.scope) {
      case 'platform':
        return PLATFORM_SCOPE;
      case 'workspace':
        return encodeKeyPart(workspace as string);
      case 'project':
        return `${encodeKeyPart(workspace as string)}:${encodeKeyPart(project as string)}`;
      case 'principal':
        return `${encodeKeyPart(workspace as string)}:${project === undefined ? '' : encodeKeyPart(project)}:${encodeKeyPart(principal as string)}`;
    }
  }
}

/** Values that writes change. They fall by tags; there is no `set`: a late one would bring an old value back. */
export class MutableFamily<Params, Value> extends CacheFamily<Params, Value> {
  readonly mutable = true;
}

/** Values that their key determines, such as the preview of a content hash. */
export class ImmutableFamily<Params, Value> extends CacheFamily<Params, Value> {
  readonly mutable = false;
}

/**
 * Declares a cache family.
 *
 *     const sessions = defineFamily<{ workspace: string; id: string }, Session>({
 *       name: 'session', schemaVersion: 1, scope: 'workspace', mutable: true,
 *       key: ({ id }) => id, tags: (of) => [sessionTag(of)], ttlMs: 300_000,
 *     });
 *
 * The application knows it from its start, whatever was read: it can be listed, changed and invalidated.
 *
 * @throws TypeError for a definition that can't work, such as a TTL of 0.
 */
export function defineFamily<Params, Value>(definition: MutableDefinition<Params, Value>): MutableFamily<Params, Value>;
export function defineFamily<Params, Value>(
  definition: ImmutableDefinition<Params, Value>,
): ImmutableFamily<Params, Value>;
export function defineFamily<Params, Value>(
  definition: MutableDefinition<Params, Value> | ImmutableDefinition<Params, Value>,
): MutableFamily<Params, Value> | ImmutableFamily<Params, Value> {
  const family = definition.mutable ? new MutableFamily(definition) : new ImmutableFamily(definition);
  declared.set(family.name, family as unknown as CacheFamily<never, unknown>);
  return family;
}

const declared = new Map<string, CacheFamily<never, unknown>>();

/** Every family that a module of this process declares, used or not, by name. */
export function declaredFamilies(): readonly CacheFamily<never, unknown>[] {
  return [...declared.values()];
}

/** Whether a key is of an entry of a mutable family, as this release declares it. */
export function isMutableEntry(space: KeySpace, key: string): boolean {
  const [name = ''] = key.slice(space.entryPrefix.length).split('@', 1);
  const family = declared.get(name);
  return family !== undefined && family.mutable && key.startsWith(family.keyPrefix(space));
}

/** Longest life that fits the entry header: 49 days. */
const MAX_TTL_MS = 2 ** 32 - 1;

function check<Params, Value>(definition: CommonDefinition<Params, Value>): void {
  const refuse = (problem: string): never => {
    throw new TypeError(`Cache family ${JSON.stringify(definition.name)}: ${problem}`);
  };
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(definition.name)) refuse('write the name in kebab-case, at most 41 characters.');
  if (!Number.isInteger(definition.schemaVersion) || definition.schemaVersion < 1)
    refuse('schemaVersion is an integer from 1.');
  for (const [field, value, least] of [
    ['ttlMs', definition.ttlMs ?? 1, 1],
    ['negativeTtlMs', definition.negativeTtlMs ?? 1, 1],
    ['staleMs', definition.staleMs ?? 0, 0],
    ['staleIfErrorMs', definition.staleIfErrorMs ?? 0, 0],
    ['loadTimeoutMs', definition.loadTimeoutMs ?? 1, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least || value > MAX_TTL_MS)
      refuse(`${field} is an integer number of milliseconds from ${least} to ${MAX_TTL_MS}.`);
  }
  const jitter = definition.jitter ?? 0;
  if (!(jitter >= 0 && jitter < 1)) refuse('jitter is a share of the TTL, from 0 to below 1.');
}
