import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { Clock, KernelModule } from '#kernel';
import { ObservabilityModule } from '#observability';
import { ProjectCatalogueService, ProjectModule } from '#project';
import { statementsOf } from '#test/support/sent-statements.js';
import { AgentStateModule } from '../agent-state.module.js';
import { CheckpointService } from '../checkpoints/checkpoint.service.js';
import { AgentStateService } from '../states/agent-state.service.js';
import { AgentStateSweeper } from '../states/agent-state-sweeper.js';

/** One process of several over the same database, with a pool of its own and a clock that a test moves. */
export class AgentProcess {
  readonly database: Database;
  readonly states: AgentStateService;
  readonly checkpoints: CheckpointService;
  readonly sweeper: AgentStateSweeper;
  readonly projects: ProjectCatalogueService;

  private constructor(private readonly module: TestingModule) {
    const get = <Type>(type: abstract new (...parameters: never[]) => Type) =>
      module.get<Type>(type, { strict: false });
    this.database = get(Database);
    this.states = get(AgentStateService);
    this.checkpoints = get(CheckpointService);
    this.sweeper = get(AgentStateSweeper);
    this.projects = get(ProjectCatalogueService);
  }

  /** @param env of the configuration, beside the address of the database */
  static async start(url: string, clock: Clock, env: Readonly<Record<string, string>> = {}): Promise<AgentProcess> {
    const config = loadConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent', ...env });
    const module = await Test.createTestingModule({
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        ProjectModule,
        AgentStateModule,
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    await module.init();
    return new AgentProcess(module);
  }

  stop(): Promise<void> {
    return this.module.close();
  }

  /** How many statements `work` sends. */
  statementsOf(work: () => Promise<unknown>): Promise<number> {
    return statementsOf(this.database, work);
  }
}
