import { Injectable } from '@nestjs/common';
import { ProjectCatalogueService } from '#project';
import { type CacheWarmer, CacheWarmers, type WarmTarget } from './cache-warmers.js';

/** The project with what it holds. */
@Injectable()
export class ProjectWarmer implements CacheWarmer {
  readonly name = 'project';

  constructor(
    private readonly catalogue: ProjectCatalogueService,
    warmers: CacheWarmers,
  ) {
    warmers.register(this);
  }

  async warm({ workspaceId, project }: WarmTarget): Promise<void> {
    await this.catalogue.survey(workspaceId, project);
  }
}
