import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ConversationModule } from '#conversation';
import { QueueModule } from '#queue';
import { SettingsModule } from '#settings';
import { ErasureController } from './erasure/erasure.controller.js';
import { ErasureService } from './erasure/erasure.service.js';
import { PostgresErasureRepository } from './erasure/postgres-erasure.repository.js';
import { PostgresUserRows } from './erasure/postgres-user-rows.js';
import { PostgresProfileRepository } from './profile/postgres-profile.repository.js';
import { ProfileController } from './profile/profile.controller.js';
import { ProfileService } from './profile/profile.service.js';

/** What is remembered of users. */
@Module({
  imports: [CacheModule, ConversationModule, QueueModule, SettingsModule],
  providers: [ProfileService, PostgresProfileRepository, ErasureService, PostgresErasureRepository, PostgresUserRows],
  exports: [ProfileService, ErasureService],
})
export class UserModule {}

@Module({ imports: [UserModule], controllers: [ProfileController, ErasureController] })
export class UserApiModule {}
