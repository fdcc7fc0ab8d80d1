import { Injectable, Module } from '@nestjs/common';
import { type CacheWarmer, CacheWarmers, WarmingModule, type WarmTarget } from '#warming';
import { type Project, type ProjectContent, ProjectCounters, ProjectModule } from '#project';
import { CacheModule } from '#cache';
import { ContextModule, ContextObserver, ContextObservers, type WithdrawnContext } from '#context';
import type { WorkspaceId } from '#kernel';
import { SessionModule } from '#session';
import { WakeUpContentService, WakeUpService } from './wake-up.service.js';
import { HandoverService } from './handover.service.js';
import { HandoverRepository } from './persistence/handover.repository.js';
import { HandoverChanges } from './handover-changes.js';
import { HandoverObservers } from './handover-observers.js';
import { HandoverController } from './http/handover.controller.js';
import { SessionStartEndController } from './http/session-start-end.controller.js';
import { PostgresHandoverRepository } from './persistence/postgres-handover.repository.js';
import { HandoverRows } from './transfer/handover-rows.js';
import { HandoverTransferService } from './transfer/handover-transfer.service.js';

/** What a project holds of handovers. */
@Injectable()
class HandoverCounts implements ProjectContent {
  readonly name = 'handovers';

  constructor(
    private readonly repository: HandoverRepository,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  count({ workspaceId, id }: Project): Promise<number> {
    return this.repository.count(workspaceId, id);
  }
}

/** The newest handover, and what a session that starts is shown. */
@Injectable()
class HandoverWarmer implements CacheWarmer {
  readonly name = 'handover';

  constructor(
    private readonly handovers: HandoverService,
    private readonly wakeUpContents: WakeUpContentService,
    warmers: CacheWarmers,
  ) {
    warmers.register(this);
  }

  async warm({ workspaceId, project }: WarmTarget, signal: AbortSignal): Promise<void> {
    await this.handovers.findLatest(workspaceId, project);
    if (!signal.aborted) await this.wakeUpContents.contentOf(workspaceId, project);
  }
}

/** Handovers name no context that was deleted for good. What is cached of them falls with every deletion. */
@Injectable()
class DeletedContexts extends ContextObserver {
  constructor(
    private readonly handovers: HandoverRepository,
    observers: ContextObservers,
  ) {
    super();
    observers.register(this);
  }

  override async onDeleted(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    const ids = contexts.map(({ id }) => id);
    for (const projectId of new Set(contexts.map((context) => context.projectId)))
      await this.handovers.removeContexts(workspaceId, projectId, ids);
  }

  async onLatest(): Promise<void> {}
  async onWithdrawn(): Promise<void> {}
  async onDescribed(): Promise<void> {}
}

/** What sessions leave, and what new ones are shown. Whoever finalises sessions must have this module. */
@Module({
  imports: [CacheModule, ProjectModule, WarmingModule, SessionModule, ContextModule],
  providers: [
    HandoverService,
    WakeUpService,
    WakeUpContentService,
    HandoverChanges,
    HandoverObservers,
    HandoverCounts,
    HandoverWarmer,
    DeletedContexts,
    HandoverTransferService,
    HandoverRows,
    { provide: HandoverRepository, useClass: PostgresHandoverRepository },
  ],
  exports: [HandoverObservers, HandoverService, HandoverTransferService, WakeUpService],
})
export class HandoverModule {}

/** Routes of handovers, and the start and the end of sessions. */
@Module({ imports: [HandoverModule, SessionModule], controllers: [HandoverController, SessionStartEndController] })
export class HandoverApiModule {}
