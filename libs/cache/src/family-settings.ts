import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { CacheService } from './cache.service.js';
import type { FamilySettings, FamilySettingsPatch } from './cache-family.js';

/** Where settings that were changed at run time are kept, for all processes. */
export abstract class FamilySettingsStore {
  /** The settings of every family that has some. */
  abstract load(): Promise<ReadonlyMap<string, FamilySettings>>;
  /** Changes the settings of one family. Safe for concurrent callers: none undoes what another changed. */
  abstract merge(family: string, patch: FamilySettingsPatch): Promise<void>;
  /** Returns a family to its declaration. */
  abstract remove(family: string): Promise<void>;
}

/** One process, or a test: settings live as long as it does. */
export class InMemoryFamilySettings extends FamilySettingsStore {
  private readonly settings = new Map<string, FamilySettings>();

  async load(): Promise<ReadonlyMap<string, FamilySettings>> {
    return new Map(this.settings);
  }

  async merge(family: string, patch: FamilySettingsPatch): Promise<void> {
    const merged = Object.entries({ ...this.settings.get(family), ...patch }).filter(([, value]) => value !== null);
    this.settings.set(family, Object.fromEntries(merged));
  }

  async remove(family: string): Promise<void> {
    this.settings.delete(family);
  }
}

/** How often settings are read anew: a change is in force on every process within 5 s. */
export const SETTINGS_POLL_MS = 4_000;

/** Keeps the settings in force. While they can't be read, the last ones stay. */
export class FamilySettingsService {
  private readonly logger = new Logger('Cache');
  private timer: NodeJS.Timeout | undefined;

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
      this.cache.applySettings(await this.store.load());
    } catch (error) {
      this.logger.warn(`The settings of the cache families could not be read: ${messageOf(error)}`);
    }
  }

  /**
   * Changes settings for all processes; in force here at once. A patch that names none returns the family to its declaration.
   * @throws TypeError for a family that does not exist or a duration that is not a whole number of milliseconds.
   */
  async change(familyName: string, patch: FamilySettingsPatch): Promise<void> {
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
    await (isEmpty ? this.store.remove(familyName) : this.store.merge(familyName, patch));
    await this.refresh();
  }
}
