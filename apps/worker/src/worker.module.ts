import { type DynamicModule, Module } from '@nestjs/common';
import { AgentStateModule } from '#agent-state';
import { ConfigModule, type KeepsakeConfig } from '#config';
import { ContextModule } from '#context';
import { DatabaseModule } from '#database';
import { EmbeddingWorkerModule } from '#embedding';
import { HandoverModule } from '#handover';
import { HttpWorkerModule } from '#http';
import { KernelModule } from '#kernel';
import { ObservabilityModule } from '#observability';
import { QueueWorkerModule } from '#queue';
import { SearchModule } from '#search';
import { UserModule } from '#user';
import { WarmingWorkerModule } from '#warming';
import { WebhookWorkerModule } from '#webhook';

/** Everything that works in the background. */
@Module({})
export class WorkerModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        QueueWorkerModule,
        HttpWorkerModule,
        ContextModule,
        HandoverModule,
        EmbeddingWorkerModule,
        SearchModule,
        AgentStateModule,
        UserModule,
        WarmingWorkerModule,
        WebhookWorkerModule,
      ],
    };
  }
}
