import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ContextChanges, ContextModule } from '#context';
import { CacheWarmers, ProjectCounters, ProjectModule } from '#project';
import { SessionModule, SessionObservers } from '#session';
import { WakeUpContentService } from './wake-up-content.service.js';
import { HandoverChanges } from './handover-changes.js';
import { HandoverService } from './handover.service.js';
import { HandoverRepository } from './persistence/handover.repository.js';
import { PostgresHandoverTransferRepository } from './persistence/postgres-handover-transfer.repository.js';
import { PostgresHandoverRepository } from './persistence/postgres-handover.repository.js';
import { HandoverTransferRepository } from './transfer/handover-transfer.repository.js';
import { HandoverTransferService } from './transfer/handover-transfer.service.js';
import { WakeUpService } from './wake-up.service.js';

/** What sessions leave, and what new ones are told. Whoever finalises sessions must have this module. */
@Module({
  imports: [CacheModule, ProjectModule, SessionModule, ContextModule],
  providers: [
    HandoverService,
    WakeUpService,
    WakeUpContentService,
    HandoverChanges,
    HandoverTransferService,
    { provide: HandoverTransferRepository, useClass: PostgresHandoverTransferRepository },
    { provide: HandoverRepository, useClass: PostgresHandoverRepository },
  ],
  exports: [HandoverService, HandoverTransferService, WakeUpService],
})
export class HandoverModule {
  constructor(
    observers: SessionObservers,
    handovers: HandoverService,
    contents: ProjectCounters,
    repository: HandoverRepository,
    wakeUpContents: WakeUpContentService,
    contexts: ContextChanges,
    warmers: CacheWarmers,
  ) {
    contexts.onAlwaysCheck((workspaceId, project) => wakeUpContents.refill(workspaceId, project));
    warmers.register({
      name: 'handover',
      async warm({ workspaceId, project }, signal) {
        await handovers.findLatest(workspaceId, project);
        if (!signal.aborted) await wakeUpContents.of(workspaceId, project);
      },
    });
    observers.register(handovers);
    contents.register({ name: 'handovers', count: ({ workspaceId, id }) => repository.count(workspaceId, id) });
  }
}
