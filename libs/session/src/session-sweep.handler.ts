import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type JobContext, JobHandler, JobRegistry } from '#queue';
import { sessionSweep } from './session.jobs.js';
import { SessionSweeper } from './session-sweeper.js';

@Injectable()
export class SessionSweepHandler extends JobHandler<Record<string, never>> implements OnModuleInit {
  readonly job = sessionSweep;

  constructor(
    private readonly sweeper: SessionSweeper,
    private readonly registry: JobRegistry,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.handle(this);
  }

  async handle(_payload: Record<string, never>, context: JobContext): Promise<void> {
    await this.sweeper.sweep(context.signal);
  }
}
