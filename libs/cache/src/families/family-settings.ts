import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { CacheService } from '../cache.service.js';
import type { FamilySettings, FamilySettingsPatch } from './family.js';

/** Where settings that were changed at run time are kept, for all processes. */
export abstract class FamilySettingsStore {
  /** The settings of every family that has, or had, some. */
  abstract load(): Promise<ReadonlyMap<string, StoredFamilySettings>>;
  /**
   * Changes the settings of one family. Safe for concurrent callers: none undoes what another changed.
   * @param patch undefined returns the family to its declaration
   * @param allow given the revision that is changed, undefined before the first change; nothing is changed where it throws
   */
  abstract change(family: string, patch: FamilySettingsPatch | undefined, allow: AllowChange): Promise<void>;
}

export interface StoredFamilySettings {
  readonly settings: FamilySettings;
  /** It never comes again once the settings were changed. */
  readonly revision: string;
}

export type AllowChange = (revision: string | undefined) => void;

/** One process, or a test: settings live as long as it does. */
export class InMemoryFamilySettings extends FamilySettingsStore {
  private readonly stored = new Map<string, StoredFamilySettings>();

  async load(): Promise<ReadonlyMap<string, StoredFamilySettings>> {
    return new Map(this.stored);
  }

  async change(family: string, patch: FamilySettingsPatch | undefined, allow: AllowChange): Promise<void> {
    const old = this.stored.get(family);
    allow(old?.revision);
    const merged = patch === undefined ? [] : Object.entries({ ...old?.settings, ...patch });
    const settings = Object.fromEntries(merged.filter(([, value]) => value !== null));
    this.stored.set(family, { settings, revision: randomUUID() });
  }
}

/** How often settings are read again: a change is in force on every process within 5 s. */
const SETTINGS_POLL_MS = 4_000;

/** Keeps the settings in force. While they can't be read, the last ones stay. */
export class FamilySettingsService {
  private readonly logger = new Logger('Cache');
  private timer: NodeJS.Timeout | undefined;
  private revisions: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly store: FamilySettingsStore,
    private readonly cache: CacheService,
  ) {}

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.refresh(), SETTINGS_POLL_MS);
    this.timer.unref();
    await this.refresh();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async refresh(): Promise<void> {
    try {
      const stored = [...(await this.store.load())];
      this.cache.applySettings(new Map(stored.map(([family, { settings }]) => [family, settings])));
      this.revisions = new Map(stored.map(([family, { revision }]) => [family, revision]));
    } catch (error) {
      this.logger.warn(`The settings of the cache families could not be read: ${messageOf(error)}`);
    }
  }

  /**
   * Changes settings for all processes; in force here at once. A patch that names none returns the family to its declaration.
   * @param allow see `FamilySettingsStore.change`
   * @throws TypeError for a family that does not exist or a duration that is not a whole number of milliseconds.
   */
  async change(familyName: string, patch: FamilySettingsPatch, allow: AllowChange = () => undefined): Promise<void> {
    if (this.cache.findFamily(familyName) === undefined)
      throw new TypeError(`There is no cache family named ${JSON.stringify(familyName)}.`);
    for (const name of ['ttlMs', 'staleMs', 'staleIfErrorMs'] as const) {
      const value = patch[name] ?? undefined;
      if (value !== undefined && (!Number.isInteger(value) || value < (name === 'ttlMs' ? 1 : 0) || value >= 2 ** 32)) {
        throw new TypeError(
          `${name} is a whole number of milliseconds, from ${name === 'ttlMs' ? 1 : 0} to ${2 ** 32 - 1}.`,
        );
      }
    }
    const isEmpty = Object.values(patch).every((value) => value === undefined);
    await this.store.change(familyName, isEmpty ? undefined : patch, allow);
    await this.refresh();
  }

  /** Of the settings in force here; undefined before the first change. */
  revisionOf(familyName: string): string | undefined {
    return this.revisions.get(familyName);
  }
}
