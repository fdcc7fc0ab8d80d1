import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Preconditions, requireMatch } from '#http';
import { Clock, mergePatch, type WorkspaceId } from '#kernel';
import { compileSchema } from './compile-schema.js';
import { PostgresWorkspaceSettingsRepository } from './postgres-workspace-settings.repository.js';
import { settingsTag, workspaceSettings } from './settings.cache.js';
import {
  type SettingsChoice,
  settingsOf,
  type SettingsPatch,
  type StoredSettings,
  type WorkspaceSettings,
} from './settings.js';

/** The settings of workspaces, from the cache. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly settings: PostgresWorkspaceSettingsRepository,
    private readonly cache: CacheService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** What holds in a workspace. */
  async get(workspaceId: WorkspaceId): Promise<WorkspaceSettings> {
    return settingsOf((await this.find(workspaceId)).choice);
  }

  find(workspaceId: WorkspaceId): Promise<StoredSettings> {
    return this.cache.getOrSet(workspaceSettings, { workspace: workspaceId }, () => this.settings.find(workspaceId));
  }

  /**
   * Changes what was set: a merge patch (RFC 7396), so null is the default again. It holds from the next request on, in every
   * process. A patch that changes nothing leaves the revision as it is.
   * @throws DomainError `precondition-failed` where `preconditions` is not for the current state; `invalid-input` for a schema
   *   that is none, or that does more than is allowed
   */
  async change(workspaceId: WorkspaceId, patch: SettingsPatch, preconditions?: Preconditions): Promise<StoredSettings> {
    if (patch.preferenceSchema) compileSchema(patch.preferenceSchema);
    return this.transactions.run(async () => {
      const current = await this.settings.findForChange(workspaceId);
      requireMatch(preconditions, this.tagOf(workspaceId, current));
      const choice = merged(current.choice, patch);
      if (isDeepStrictEqual(choice, current.choice)) return current;
      const changed = await this.settings.put(workspaceId, choice, this.clock.now());
      await this.cache.invalidate([settingsTag({ workspace: workspaceId })]);
      return changed;
    });
  }

  /** The entity tag of the settings: another one after every change. */
  tagOf(workspaceId: WorkspaceId, { revision }: StoredSettings): string {
    return entityTag(['workspace-settings', workspaceId, revision]);
  }
}

/** What goes in is of the shapes of the two; a merge patch knows JSON alone. */
function merged({ preferenceSchema: before, ...choice }: SettingsChoice, patch: SettingsPatch): SettingsChoice {
  const { preferenceSchema: schema = before, ...rest } = patch;
  const others = mergePatch(choice, rest) as SettingsChoice;
  return schema ? { ...others, preferenceSchema: schema } : others;
}
