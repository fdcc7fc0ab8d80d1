import { Module } from '@nestjs/common';
import { AgentStateModule } from '#agent-state';
import { CacheModule } from '#cache';
import { ContextModule } from '#context';
import { HandoverModule } from '#handover';
import { ProjectModule } from '#project';
import { SessionModule } from '#session';
import { ExportService } from './export.service.js';
import { PostgresImportLock } from './persistence/postgres-import-lock.js';
import { ImportService } from './import.service.js';
import { TransferController } from './http/transfer.controller.js';

/** Projects as files, out and in. What else follows from memory (search, vectors) must be in the app: it observes. */
@Module({
  imports: [CacheModule, ProjectModule, SessionModule, ContextModule, HandoverModule, AgentStateModule],
  providers: [ExportService, ImportService, PostgresImportLock],
  exports: [ExportService, ImportService],
})
class TransferModule {}

@Module({ imports: [TransferModule], controllers: [TransferController] })
export class TransferApiModule {}
