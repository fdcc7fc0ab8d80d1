import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type JobContext, JobHandler, JobRegistry } from '#queue';
import { contextRetention } from './retention.jobs.js';
import { RetentionService } from './retention.service.js';

@Injectable()
export class RetentionHandler extends JobHandler<Record<string, never>> implements OnModuleInit {
  readonly job = contextRetention;

  constructor(
    private readonly retention: RetentionService,
    private readonly registry: JobRegistry,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.handle(this);
  }

  async handle(_payload: Record<string, never>, context: JobContext): Promise<void> {
    await this.retention.runAll(context.signal);
  }
}
