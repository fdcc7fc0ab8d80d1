import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { messageOf, Registry, type SessionId, type WorkspaceId } from '#kernel';
import { ProjectCatalogueService } from '#project';

/** What is going to be read soon. */
export interface WarmTarget {
  readonly workspaceId: WorkspaceId;
  /** Slug. */
  readonly project: string;
  /** The session that is going to read, where there is one. */
  readonly sessionId?: SessionId;
}

/**
 * How a feature warms what its readers ask first: by the very calls that they make, so that what is warm is what they
 * read. It stops between two reads once the signal is aborted.
 */
export interface CacheWarmer {
  /** Unique, kebab-case. */
  readonly name: string;
  /** True: a session that starts reads none of it. Only who asks for a warming gets it. */
  readonly isForJobsAlone?: boolean;
  warm(target: WarmTarget, signal: AbortSignal): Promise<void>;
}

/** What is known of sessions, by the feature that keeps them. */
interface WarmableSessions {
  find(workspaceId: WorkspaceId, id: SessionId): Promise<WarmableSession | undefined>;
  /** Those that a principal started, newest first, and whether work goes on in them. */
  startedBy(
    workspaceId: WorkspaceId,
    principalId: string,
    limit: number,
  ): Promise<readonly { readonly session: WarmableSession; readonly isOpen: boolean }[]>;
}

interface WarmableSession {
  readonly id: SessionId;
  /** Slug. */
  readonly project: string;
}

/** Sessions start in bursts; who comes later than this finds a cold cache, and warms it by reading. */
const MAX_WAITING = 100;
const TIME_LIMIT_MS = 10_000;

/**
 * Where features register how they warm their caches. In the background one target is warmed at a time, so that
 * warming never takes more than one connection; a target that waits already is not queued again.
 */
@Injectable()
export class CacheWarmers extends Registry<CacheWarmer> implements OnApplicationShutdown {
  private readonly logger = new Logger(CacheWarmers.name);
  private readonly waiting = new Map<string, WarmTarget>();
  private readonly shutdown = new AbortController();
  private running: Promise<void> | undefined;
  private knownSessions: WarmableSessions | undefined;

  constructor(private readonly transactions: TransactionRunner) {
    super();
  }

  override register(warmer: CacheWarmer): void {
    if (this.registered.some(({ name }) => name === warmer.name)) throw new Error(`${warmer.name} is warmed twice.`);
    super.register(warmer);
  }

  /** For the feature that keeps sessions, in its constructor. */
  useSessions(sessions: WarmableSessions): void {
    this.knownSessions = sessions;
  }

  /** @throws Error where no feature keeps sessions */
  get sessions(): WarmableSessions {
    if (this.knownSessions === undefined) throw new Error('No feature keeps sessions.');
    return this.knownSessions;
  }

  /** How many steps the warming of one target has. */
  get stepCount(): number {
    return this.registered.length;
  }

  /**
   * Warms everything of a target now. What fails, or is not begun when the signal aborts, is left cold and reported.
   * @param stepped is waited for after each of the `stepCount` steps
   * @param warmers all by default
   * @returns the names of those that stayed cold
   */
  async warm(
    target: WarmTarget,
    signal: AbortSignal = this.shutdown.signal,
    stepped: () => Promise<void> = async () => undefined,
    warmers: readonly CacheWarmer[] = this.registered,
  ): Promise<readonly string[]> {
    const cold: string[] = [];
    for (const warmer of warmers) {
      try {
        signal.throwIfAborted();
        await warmer.warm(target, signal);
      } catch (error) {
        cold.push(warmer.name);
        if (!signal.aborted) this.logger.debug(`Warming ${warmer.name} failed: ${messageOf(error)}`);
      }
      await stepped();
    }
    return cold;
  }

  /** Warms what a session that starts reads in the background, once the surrounding transaction has committed. Never rejects, never waits. */
  async warmLater(target: WarmTarget): Promise<void> {
    await this.transactions.afterCommit(() => {
      if (this.waiting.size >= MAX_WAITING || this.shutdown.signal.aborted) return;
      this.waiting.set(JSON.stringify([target.workspaceId, target.project, target.sessionId]), target);
      this.running ??= this.drain();
    });
  }

  /** Resolves when nothing is being warmed in the background. */
  async settled(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  async onApplicationShutdown(): Promise<void> {
    this.shutdown.abort();
    await this.settled();
  }

  private async drain(): Promise<void> {
    const warmers = this.registered.filter(({ isForJobsAlone }) => isForJobsAlone !== true);
    for (const [key, target] of this.waiting) {
      this.waiting.delete(key);
      const signal = AbortSignal.any([this.shutdown.signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
      await this.warm(target, signal, undefined, warmers);
    }
    this.running = undefined;
  }
}

/** The project with what it holds. A session's start shows its own counts, and every write would clear these. */
@Injectable()
export class ProjectWarmer implements CacheWarmer {
  readonly name = 'project';
  readonly isForJobsAlone = true;

  constructor(
    private readonly catalogue: ProjectCatalogueService,
    warmers: CacheWarmers,
  ) {
    warmers.register(this);
  }

  async warm({ workspaceId, project }: WarmTarget): Promise<void> {
    await this.catalogue.survey(workspaceId, project);
  }
}
