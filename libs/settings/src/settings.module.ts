import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { PostgresWorkspaceSettingsRepository } from './postgres-workspace-settings.repository.js';
import { SettingsController } from './settings.controller.js';
import { SettingsService } from './settings.service.js';

/** What may be set of a workspace. */
@Module({
  imports: [CacheModule],
  providers: [SettingsService, PostgresWorkspaceSettingsRepository],
  exports: [SettingsService],
})
export class SettingsModule {}

/** The routes for settings. */
@Module({ imports: [SettingsModule], controllers: [SettingsController] })
export class SettingsApiModule {}
