import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import { Clock, type ContextId, KernelModule, type WorkspaceId } from '#kernel';
import { ObservabilityModule } from '#observability';
import type { Context, ContextSummary } from '../context.js';
import { ContextObserver, ContextObservers, type WithdrawnContext } from '../context-observers.js';
import { ContextStoreService } from '../store/context-store.service.js';
import type { StoredContext, StoreContext } from '../store/context-draft.js';
import { ContextModule } from '../context.module.js';
import { ContextLookup } from '../recall/context-lookup.js';
import { ContextReader } from '../recall/context.reader.js';
import { ContextService } from '../store/context.service.js';
import { OverviewService } from '../overview/overview.service.js';
import { RecallService } from '../recall/recall.service.js';
import { RetentionService } from '../retention/retention.service.js';
import { ContextTransferService } from '../transfer/context-transfer.service.js';
import { ContextUsage } from '../recall/context-usage.js';

/** What was said to observers, in the order of the commits. */
class RecordingContextObserver extends ContextObserver {
  readonly seen: string[] = [];

  async onLatest(_workspaceId: WorkspaceId, contexts: readonly Context[]): Promise<void> {
    this.seen.push(...contexts.map(({ label, version }) => `latest ${label} ${version}`));
  }

  async onWithdrawn(_workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    this.seen.push(...contexts.map(({ label }) => `withdrawn ${label}`));
  }

  async onDescribed(_workspaceId: WorkspaceId, { label, version }: ContextSummary): Promise<void> {
    this.seen.push(`described ${label} ${version}`);
  }
}

/** One process of several over the same database, with a pool of its own and a clock that a test moves. */
export class ContextProcess {
  readonly database: Database;
  readonly store: ContextStoreService;
  readonly contexts: ContextService;
  readonly recalls: RecallService;
  readonly lookup: ContextLookup;
  readonly reader: ContextReader;
  readonly overviews: OverviewService;
  readonly retention: RetentionService;
  readonly usage: ContextUsage;
  readonly transfer: ContextTransferService;
  readonly observer = new RecordingContextObserver();

  private constructor(private readonly module: TestingModule) {
    const get = <Type>(type: abstract new (...parameters: never[]) => Type) =>
      module.get<Type>(type, { strict: false });
    this.database = get(Database);
    this.store = get(ContextStoreService);
    this.contexts = get(ContextService);
    this.recalls = get(RecallService);
    this.lookup = get(ContextLookup);
    this.reader = get(ContextReader);
    this.overviews = get(OverviewService);
    this.retention = get(RetentionService);
    this.usage = get(ContextUsage);
    this.transfer = get(ContextTransferService);
    get(ContextObservers).register(this.observer);
  }

  static async start(url: string, clock: Clock): Promise<ContextProcess> {
    const config = loadConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
    const module = await Test.createTestingModule({
      imports: [KernelModule, ConfigModule.forRoot(config), ObservabilityModule, DatabaseModule, ContextModule],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    await module.init();
    return new ContextProcess(module);
  }

  stop(): Promise<void> {
    return this.module.close();
  }

  put(workspaceId: WorkspaceId, project: string, input: Partial<StoreContext>): Promise<StoredContext> {
    const { label = 'label', content = 'content', tags = [], metadata = {}, ...rest } = input;
    return this.store.store(workspaceId, project, { label, content, tags, metadata, ...rest });
  }

  /** Versions of a label that are not archived, newest first. */
  async versions(workspaceId: WorkspaceId, project: string, label: string): Promise<number[]> {
    const page = await this.contexts.list(workspaceId, project, { label, which: 'active' }, undefined, 100);
    return page.items.map(({ version }) => version);
  }

  async idsOf(workspaceId: WorkspaceId, project: string): Promise<ContextId[]> {
    const page = await this.contexts.list(workspaceId, project, { which: 'active' }, undefined, 100);
    return page.items.map(({ id }) => id);
  }
}
