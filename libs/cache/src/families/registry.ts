import type { CacheFamily, FamilyPolicy, FamilySettings } from './family.js';
import { FamilyStats } from '../metrics/family-stats.js';

/** One family in use: its declaration, the policy in force, and what happened. */
export interface FamilyState<Params, Value> {
  readonly family: CacheFamily<Params, Value>;
  policy: FamilyPolicy;
  stats: FamilyStats;
  /** Whether this process keeps decoded values. */
  readonly keepsLocal: boolean;
  /** Whether a kept value is good by its key alone: nothing changes it and nothing erases it. */
  readonly answersByKey: boolean;
}

/** A family in use, with the policy in force. */
export interface FamilyListing {
  readonly name: string;
  readonly mutable: boolean;
  readonly schemaVersion: number;
  readonly policy: FamilyPolicy;
}

type AnyState = FamilyState<never, unknown>;

const DAY_MS = 24 * 3_600_000;

/** The families of this process by their declaration and by their name. */
export class FamilyRegistry {
  private readonly byDeclaration = new Map<CacheFamily<never, never>, AnyState>();
  private readonly byName = new Map<string, AnyState>();
  private settings: ReadonlyMap<string, FamilySettings> = new Map();
  /** Stamps live at least as long as the longest entry that may name them. */
  stampLifeMs = DAY_MS;

  /** @param defaultTtlMs of families that declare none */
  constructor(private readonly defaultTtlMs: number) {}

  /** @throws TypeError where another family has the same name. */
  stateOf<Params, Value>(family: CacheFamily<Params, Value>): FamilyState<Params, Value> {
    const known = this.byDeclaration.get(family as unknown as CacheFamily<never, never>);
    return (known as unknown as FamilyState<Params, Value> | undefined) ?? this.adopt(family);
  }

  find(name: string): AnyState | undefined {
    return this.byName.get(name);
  }

  listing(): FamilyListing[] {
    return [...this.byName.values()].map(({ family, policy }) => ({
      name: family.name,
      mutable: family.mutable,
      schemaVersion: family.definition.schemaVersion,
      policy,
    }));
  }

  states(): Iterable<AnyState> {
    return this.byName.values();
  }

  /** Puts settings in force: a family that is absent from the map is as declared. */
  apply(settings: ReadonlyMap<string, FamilySettings>): void {
    this.settings = new Map(settings);
    for (const [name, state] of this.byName) {
      state.policy = state.family.policyWith(this.settings.get(name) ?? {}, this.defaultTtlMs);
      this.lengthenStamps(state.policy);
    }
  }

  private adopt<Params, Value>(family: CacheFamily<Params, Value>): FamilyState<Params, Value> {
    if (this.byName.has(family.name)) {
      throw new TypeError(`Two cache families are named ${family.name}: names are unique.`);
    }
    const state: FamilyState<Params, Value> = {
      family,
      policy: family.policyWith(this.settings.get(family.name) ?? {}, this.defaultTtlMs),
      stats: new FamilyStats(),
      keepsLocal: family.definition.keepInProcess ?? true,
      answersByKey: !family.mutable && family.definition.tags === undefined,
    };
    const any = state as unknown as AnyState;
    this.byDeclaration.set(family as unknown as CacheFamily<never, never>, any);
    this.byName.set(family.name, any);
    this.lengthenStamps(state.policy);
    return state;
  }

  private lengthenStamps(policy: FamilyPolicy): void {
    const lifeMs = 2 * (policy.longestMs + Math.max(policy.staleMs, policy.staleIfErrorMs));
    this.stampLifeMs = Math.max(this.stampLifeMs, lifeMs);
  }
}
