import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type JobContext, JobHandler, JobRegistry } from '#queue';
import { searchReindex } from './search.jobs.js';
import { SearchReindexer } from './search-reindexer.js';

@Injectable()
export class SearchReindexHandler extends JobHandler<Record<string, never>> implements OnModuleInit {
  readonly job = searchReindex;
  private readonly logger = new Logger(SearchReindexHandler.name);

  constructor(
    private readonly reindexer: SearchReindexer,
    private readonly registry: JobRegistry,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.handle(this);
  }

  async handle(_payload: Record<string, never>, { signal }: JobContext): Promise<void> {
    const count = await this.reindexer.run(signal);
    if (count > 0) this.logger.log(`Indexed ${count} documents anew.`);
  }
}
