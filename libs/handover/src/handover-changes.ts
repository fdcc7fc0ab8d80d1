import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { projectCountersTag } from '#project';
import { WakeUpContentService } from './wake-up.service.js';
import type { Handover } from './handover.js';
import { anyHandoverTag, handoversTag, handoverTag } from './handover.cache.js';

/** Drops what is cached of handovers with the writes that change it: call it in their transaction. */
@Injectable()
export class HandoverChanges {
  constructor(
    private readonly cache: CacheService,
    private readonly wakeUpContents: WakeUpContentService,
  ) {}

  /** A handover is new, or anything of it was written. The next session finds what it is shown written through. */
  written({ workspaceId, id, project }: Pick<Handover, 'workspaceId' | 'id' | 'project'>): Promise<void> {
    const named = { workspace: workspaceId, project };
    return this.cache.invalidate(
      [handoverTag({ ...named, id }), handoversTag(named), anyHandoverTag(named), projectCountersTag(named)],
      this.wakeUpContents.refill(workspaceId, project),
    );
  }
}
