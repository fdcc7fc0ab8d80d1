import { type DynamicModule, Module } from '@nestjs/common';
import { AdminApiModule } from '#admin';
import { AgentStateApiModule } from '#agent-state';
import { AuthApiModule } from '#auth';
import { CheckApiModule } from '#check';
import { ConfigModule, type KeepsakeConfig } from '#config';
import { ContextApiModule } from '#context';
import { ConversationApiModule } from '#conversation';
import { DatabaseModule } from '#database';
import { EmbeddingApiModule } from '#embedding';
import { HandoverApiModule } from '#handover';
import { HttpModule } from '#http';
import { KernelModule } from '#kernel';
import { McpApiModule } from '#mcp';
import { ObservabilityModule } from '#observability';
import { ProjectApiModule } from '#project';
import { RelevanceApiModule } from '#relevance';
import { SearchApiModule } from '#search';
import { SessionApiModule } from '#session';
import { SettingsApiModule } from '#settings';
import { TransferApiModule } from '#transfer';
import { UserApiModule } from '#user';
import { WebhookApiModule } from '#webhook';

/** Everything that answers requests. */
@Module({})
export class ApiModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        HttpModule,
        AuthApiModule,
        SettingsApiModule,
        SessionApiModule,
        ProjectApiModule,
        ContextApiModule,
        ConversationApiModule,
        HandoverApiModule,
        EmbeddingApiModule,
        SearchApiModule,
        AgentStateApiModule,
        CheckApiModule,
        RelevanceApiModule,
        UserApiModule,
        TransferApiModule,
        WebhookApiModule,
        AdminApiModule,
        McpApiModule,
      ],
    };
  }
}
