import { Module } from '@nestjs/common';
import { AuthModule } from '#auth';
import { CacheModule } from '#cache';
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
import { WarmingModule } from '#warming';

/** What operators and the admins of a workspace look at and step into. */
@Module({
  imports: [AuthModule, CacheModule, QueueModule, SessionModule, ThrottleModule, WarmingModule],
  controllers: [JobController, CacheAdminController, OperationsController, MetricsController],
  providers: [AuditService, CacheAdminService, ProcessReports],
})
export class AdminApiModule {}
