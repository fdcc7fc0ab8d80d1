import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ContextModule } from '#context';
import { ProjectModule } from '#project';
import { SessionModule } from '#session';
import { WarmingModule } from '#warming';
import { HandoverChanges } from './handover-changes.js';
import { HandoverCounts, HandoverWarmer } from './handover.registrations.js';
import { HandoverService } from './handover.service.js';
import { HandoverController } from './http/handover.controller.js';
import { SessionLifecycleController } from './http/session-start-end.controller.js';
import { HandoverRepository } from './persistence/handover.repository.js';
import { PostgresHandoverRepository } from './persistence/postgres-handover.repository.js';
import { HandoverRows } from './transfer/handover-rows.js';
import { HandoverTransferService } from './transfer/handover-transfer.service.js';
import { WakeUpContentService, WakeUpService } from './wake-up.service.js';

/** What sessions leave, and what new ones are told. Whoever finalises sessions must have this module. */
@Module({
  imports: [CacheModule, ProjectModule, WarmingModule, SessionModule, ContextModule],
  providers: [
    HandoverService,
    WakeUpService,
    WakeUpContentService,
    HandoverChanges,
    HandoverCounts,
    HandoverWarmer,
    HandoverTransferService,
    HandoverRows,
    { provide: HandoverRepository, useClass: PostgresHandoverRepository },
  ],
  exports: [HandoverService, HandoverTransferService, WakeUpService],
})
export class HandoverModule {}

/** Routes of handovers, and the start and the end of sessions. */
@Module({ imports: [HandoverModule, SessionModule], controllers: [HandoverController, SessionLifecycleController] })
export class HandoverApiModule {}
