import { Injectable } from '@nestjs/common';
import { CacheService, type Refill } from '#cache';
import { type AlwaysCheckReader, AlwaysCheckReaders, ContextReader } from '#context';
import type { WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { type WakeUpContent, wakeUps } from './handover.cache.js';
import { HandoverRepository } from './persistence/handover.repository.js';

const MAX_CONTEXTS = 10;

/** What a session that starts is told first: it changes seldom, and is there already when the next one asks. */
@Injectable()
export class WakeUpContentService implements AlwaysCheckReader {
  constructor(
    private readonly handovers: HandoverRepository,
    private readonly contexts: ContextReader,
    private readonly projects: ProjectReader,
    private readonly cache: CacheService,
    readers: AlwaysCheckReaders,
  ) {
    readers.register(this);
  }

  /** @param project slug */
  of(workspaceId: WorkspaceId, project: string): Promise<WakeUpContent> {
    return this.cache.getOrSet(wakeUps, { workspace: workspaceId, project }, () => this.make(workspaceId, project));
  }

  /** For `CacheService.invalidate`: loads it again after a write that changes it. */
  refill(workspaceId: WorkspaceId, project: string): Refill {
    return this.cache.refill(wakeUps, { workspace: workspaceId, project }, () => this.make(workspaceId, project));
  }

  private async make(workspaceId: WorkspaceId, slug: string): Promise<WakeUpContent> {
    const project = await this.projects.find(workspaceId, slug);
    if (project === undefined) return { handover: null, contexts: [] };
    // One after the other: within a transaction there is one connection.
    const handover = (await this.handovers.findLatest(workspaceId, project.id)) ?? null;
    return { handover, contexts: await this.contexts.alwaysCheck(workspaceId, project.id, MAX_CONTEXTS) };
  }
}
