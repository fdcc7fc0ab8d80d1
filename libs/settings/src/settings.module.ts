import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { PreferenceRules } from './preference-rules.js';
import { PostgresWorkspaceSettingsRepository } from './postgres-workspace-settings.repository.js';
import { SettingsController } from './settings.controller.js';
import { SettingsService } from './settings.service.js';

/** What may be set of a workspace. */
@Module({
  imports: [CacheModule],
  providers: [SettingsService, PreferenceRules, PostgresWorkspaceSettingsRepository],
  exports: [SettingsService, PreferenceRules],
})
export class SettingsModule {}

/** The routes for settings. */
@Module({ imports: [SettingsModule], controllers: [SettingsController] })
export class SettingsApiModule {}
