import { Injectable } from '@nestjs/common';
import { DEFAULT_LIMIT } from '#http';
import { type CacheWarmer, CacheWarmers, type WarmTarget } from '#warming';
import { type Project, type ProjectContent, ProjectCounters } from '#project';
import { ContextReader } from './recall/context.reader.js';
import { ContextService } from './store/context.service.js';

/** What a project holds of contexts. */
@Injectable()
export class ContextCounts implements ProjectContent {
  readonly name = 'contexts';

  constructor(
    private readonly reader: ContextReader,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  async count({ workspaceId, id }: Project): Promise<number> {
    return (await this.reader.count(workspaceId, id)).total;
  }
}

/** The first page of the newest contexts. */
@Injectable()
export class ContextWarmer implements CacheWarmer {
  readonly name = 'context';

  constructor(
    private readonly contexts: ContextService,
    warmers: CacheWarmers,
  ) {
    warmers.register(this);
  }

  async warm({ workspaceId, project }: WarmTarget): Promise<void> {
    await this.contexts.list(workspaceId, project, { which: 'latest' }, undefined, DEFAULT_LIMIT);
  }
}
