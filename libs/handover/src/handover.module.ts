import { Module } from '@nestjs/common';
import { ContextModule } from '#context';
import { ProjectContents, ProjectModule } from '#project';
import { SessionModule, SessionObservers } from '#session';
import { HandoverService } from './handover.service.js';
import { HandoverRepository } from './persistence/handover.repository.js';
import { PostgresHandoverRepository } from './persistence/postgres-handover.repository.js';
import { WakeUpService } from './wake-up.service.js';

/** What sessions leave, and what new ones are told. Whoever finalises sessions must have this module. */
@Module({
  imports: [ProjectModule, SessionModule, ContextModule],
  providers: [HandoverService, WakeUpService, { provide: HandoverRepository, useClass: PostgresHandoverRepository }],
  exports: [HandoverService, WakeUpService],
})
export class HandoverModule {
  constructor(
    observers: SessionObservers,
    handovers: HandoverService,
    contents: ProjectContents,
    repository: HandoverRepository,
  ) {
    observers.register(handovers);
    contents.register({ name: 'handovers', count: ({ workspaceId, id }) => repository.count(workspaceId, id) });
  }
}
