import { Injectable } from '@nestjs/common';
import { type CacheWarmer, CacheWarmers, type WarmTarget } from '#warming';
import { type Project, type ProjectContent, ProjectCounters } from '#project';
import { WakeUpContentService } from './wake-up.service.js';
import { HandoverService } from './handover.service.js';
import { HandoverRepository } from './persistence/handover.repository.js';

/** What a project holds of handovers. */
@Injectable()
export class HandoverCounts implements ProjectContent {
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

/** The newest handover, and what a session that starts is told. */
@Injectable()
export class HandoverWarmer implements CacheWarmer {
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
    if (!signal.aborted) await this.wakeUpContents.of(workspaceId, project);
  }
}
