import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { SettingsModule } from '#settings';
import { PostgresProfileRepository } from './profile/postgres-profile.repository.js';
import { ProfileController } from './profile/profile.controller.js';
import { ProfileService } from './profile/profile.service.js';

/** What is remembered of users. */
@Module({
  imports: [CacheModule, SettingsModule],
  providers: [ProfileService, PostgresProfileRepository],
  exports: [ProfileService],
})
export class UserModule {}

@Module({ imports: [UserModule], controllers: [ProfileController] })
export class UserApiModule {}
