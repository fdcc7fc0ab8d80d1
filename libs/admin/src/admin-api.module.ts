import { Module } from '@nestjs/common';
import { QueueModule } from '#queue';
import { JobController } from './http/job.controller.js';

/** What operators and the admins of a workspace look at and step into. */
@Module({ imports: [QueueModule], controllers: [JobController] })
export class AdminApiModule {}
