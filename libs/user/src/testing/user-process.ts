import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { Clock, KernelModule } from '#kernel';
import { ObservabilityModule } from '#observability';
import { ProfileService } from '../profile/profile.service.js';
import { UserModule } from '../user.module.js';

/** One process of several over the same database, with a pool of its own and a clock that a test moves. */
export class UserProcess {
  readonly database: Database;
  readonly profiles: ProfileService;

  private constructor(private readonly module: TestingModule) {
    this.database = module.get(Database, { strict: false });
    this.profiles = module.get(ProfileService, { strict: false });
  }

  /** @param env of the configuration, beside the address of the database */
  static async start(url: string, clock: Clock, env: Readonly<Record<string, string>>): Promise<UserProcess> {
    const config = loadConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent', ...env });
    const module = await Test.createTestingModule({
      imports: [KernelModule, ConfigModule.forRoot(config), ObservabilityModule, DatabaseModule, UserModule],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    await module.init();
    return new UserProcess(module);
  }

  stop(): Promise<void> {
    return this.module.close();
  }
}
