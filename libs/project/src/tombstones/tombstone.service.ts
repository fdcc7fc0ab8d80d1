import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { Database, insertAuditLine } from '#database';
import type { Page } from '#http';
import { Clock, newId, type Principal, type TombstoneId, type WorkspaceId } from '#kernel';
import { tombstonesTag } from '../project.cache.js';
import { ProjectReader } from '../project.reader.js';
import { PostgresForgottenTextRepository } from './postgres-forgotten-text.repository.js';
import { type Tombstone, tombstoneNotFound } from './tombstone.js';

/** The tombstones of a project. */
@Injectable()
export class TombstoneService {
  constructor(
    private readonly repository: PostgresForgottenTextRepository,
    private readonly projects: ProjectReader,
    private readonly queries: ListCache,
    private readonly cache: CacheService,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Newest first. A project that does not exist has none. @param project slug */
  async list(
    workspaceId: WorkspaceId,
    project: string,
    after: TombstoneId | undefined,
    limit: number,
  ): Promise<Page<Tombstone, [TombstoneId]>> {
    const found = await this.projects.find(workspaceId, project);
    if (found === undefined) return { items: [] };
    const query = {
      workspace: workspaceId,
      statement: 'tombstones',
      parameters: { project, after, limit },
      tags: [tombstonesTag({ workspace: workspaceId, project })],
    };
    return this.queries.read(query, () => this.repository.list(workspaceId, found.id, after, limit));
  }

  /** The text may be stored again. @throws DomainError `tombstone-not-found` */
  async lift({ workspaceId, id: principalId }: Principal, project: string, id: TombstoneId): Promise<void> {
    await this.database.run(async () => {
      const found = await this.projects.find(workspaceId, project);
      if (found === undefined || !(await this.repository.lift(workspaceId, found.id, id))) throw tombstoneNotFound(id);
      await insertAuditLine(this.database, {
        workspaceId,
        id: newId(),
        principalId,
        action: 'tombstone.lift',
        reason: '',
        details: { project, tombstone: id },
        createdAt: this.clock.now(),
      });
      await this.cache.invalidate([tombstonesTag({ workspace: workspaceId, project })]);
    });
  }
}
