import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { Clock, KernelModule } from '#kernel';
import { ObservabilityModule } from '#observability';
import { ProjectModule } from '#project';
import { LimitObservers } from '#throttle';
import { DeliveryDispatcher } from '../delivery/delivery-dispatcher.js';
import { DeliveryCleanup } from '../delivery/delivery-cleanup.js';
import { ObservedEvents } from '../events/observed-events.js';
import { EventRecorder } from '../events/event-recorder.js';
import { WebhookModule, WebhookWorkerModule } from '../webhook.module.js';
import { WebhookService } from '../webhook.service.js';

/**
 * One process of several over the same database, with a clock that a test moves. It delivers when the test says so, and not by
 * itself.
 */
export class WebhookProcess {
  readonly database: Database;
  readonly webhooks: WebhookService;
  readonly recorder: EventRecorder;
  readonly dispatcher: DeliveryDispatcher;
  readonly cleanup: DeliveryCleanup;
  readonly observed: ObservedEvents;
  readonly limits: LimitObservers;

  private constructor(private readonly module: TestingModule) {
    const get = <Type>(type: abstract new (...parameters: never[]) => Type) =>
      module.get<Type>(type, { strict: false });
    this.database = get(Database);
    this.webhooks = get(WebhookService);
    this.recorder = get(EventRecorder);
    this.dispatcher = get(DeliveryDispatcher);
    this.cleanup = get(DeliveryCleanup);
    this.observed = get(ObservedEvents);
    this.limits = get(LimitObservers);
  }

  /** @param env of the configuration, beside the address of the database */
  static async start(url: string, clock: Clock, env: Readonly<Record<string, string>> = {}): Promise<WebhookProcess> {
    const config = loadConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent', ...env });
    const module = await Test.createTestingModule({
      imports: [
        KernelModule,
        ConfigModule.forRoot(config),
        ObservabilityModule,
        DatabaseModule,
        ProjectModule,
        WebhookModule,
        WebhookWorkerModule,
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    jest.spyOn(module.get(DeliveryDispatcher, { strict: false }), 'onApplicationBootstrap').mockReturnValue();
    await module.init();
    return new WebhookProcess(module);
  }

  /** Makes what is due now, until nothing is, and waits for it. @returns how many attempts */
  async deliverDue(): Promise<number> {
    let made = 0;
    for (;;) {
      const begun = await this.dispatcher.dispatch();
      await this.dispatcher.settled();
      if (begun === 0) return made;
      made += begun;
    }
  }

  stop(): Promise<void> {
    return this.module.close();
  }
}
