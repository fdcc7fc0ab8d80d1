import { Module } from '@nestjs/common';
import { AuthModule } from '#auth';
import { CacheModule } from '#cache';
import { ProjectModule } from '#project';
import { QueueModule } from '#queue';
import { SessionModule } from '#session';
import { ThrottleModule } from '#throttle';
import { AuditService } from './audit/audit.service.js';
import { CacheAdminService } from './cache/cache-admin.service.js';
import { ProcessReports } from './cache/process-reports.js';
import { CacheAdminController } from './http/cache-admin.controller.js';
import { JobController } from './http/job.controller.js';
import { MetricsController } from './http/metrics.controller.js';
import { OperationsController } from './http/operations.controller.js';
import { CacheWarmingJob } from './warming/cache-warming.job.js';
import { CacheWarmingService } from './warming/cache-warming.service.js';

/** What operators and the admins of a workspace look at and step into. */
@Module({
  imports: [AuthModule, CacheModule, QueueModule, SessionModule, ThrottleModule],
  controllers: [JobController, CacheAdminController, OperationsController, MetricsController],
  providers: [AuditService, CacheAdminService, CacheWarmingService, ProcessReports],
})
export class AdminApiModule {}

/** The jobs of administrators. */
@Module({ imports: [CacheModule, ProjectModule, SessionModule], providers: [CacheWarmingJob] })
export class AdminWorkerModule {}
