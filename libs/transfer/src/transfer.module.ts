import { Module } from '@nestjs/common';
import { AgentStateModule } from '#agent-state';
import { CacheModule } from '#cache';
import { ContextModule } from '#context';
import { ConversationModule } from '#conversation';
import { HandoverModule } from '#handover';
import { ProjectModule } from '#project';
import { RedactionModule } from '#redaction';
import { SessionModule } from '#session';
import { ExportService } from './export.service.js';
import { PostgresImportLock } from './persistence/postgres-import-lock.js';
import { ImportService } from './import.service.js';
import { ImportTransactions } from './import-transactions.js';
import { TranscriptController } from './http/transcript.controller.js';
import { TranscriptImportService } from './transcripts/transcript-import.service.js';
import { TransferController } from './http/transfer.controller.js';

/** Projects as files, out and in. What else follows from memory (search, vectors) must be in the app: it observes. */
@Module({
  imports: [
    CacheModule,
    ProjectModule,
    SessionModule,
    ContextModule,
    HandoverModule,
    AgentStateModule,
    ConversationModule,
    RedactionModule,
  ],
  providers: [ExportService, ImportService, ImportTransactions, TranscriptImportService, PostgresImportLock],
  exports: [ExportService, ImportService, TranscriptImportService],
})
class TransferModule {}

@Module({ imports: [TransferModule], controllers: [TransferController, TranscriptController] })
export class TransferApiModule {}
