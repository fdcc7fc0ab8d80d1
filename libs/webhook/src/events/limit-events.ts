import { Injectable } from '@nestjs/common';
import { Clock, type WorkspaceId } from '#kernel';
import { KeepsakeLogger } from '#observability';
import { type LimitObserver, LimitObservers, type RefusedCall } from '#throttle';
import type { RecordedEvent } from '../webhook.js';
import { EventRecorder } from './event-recorder.js';

const HOUR_MS = 3_600_000;
/** What a process remembers of an hour; beyond that the database knows what was recorded. */
const MOST_REMEMBERED = 10_000;

/** A credential at the end of a limit or a budget: once an hour for each of them, however often it is refused. */
@Injectable()
export class LimitEvents implements LimitObserver {
  private readonly logger;
  private readonly remembered = new Set<string>();
  private hour = 0;

  constructor(
    private readonly recorder: EventRecorder,
    private readonly clock: Clock,
    observers: LimitObservers,
    logger: KeepsakeLogger,
  ) {
    this.logger = logger.channel('webhooks');
    observers.register(this);
  }

  onRefused({ kind, principal, limits }: RefusedCall): void {
    const hour = Math.floor(this.clock.nowMs() / HOUR_MS);
    if (hour !== this.hour || this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.hour = hour;
    for (const limit of limits) {
      const once = `${kind}:${principal.id}:${limit}:${hour}`;
      const key = `${principal.workspaceId} ${once}`;
      if (this.remembered.has(key)) continue;
      this.remembered.add(key);
      const event = kind === 'limit' ? 'limit.reached' : 'budget.reached';
      const subject = `principal:${principal.id}`;
      const data = { principal: principal.id, limit };
      void this.record(principal.workspaceId, { event, projectId: null, subject, data, once }, key);
    }
  }

  /** Nobody waits for it: the refusal is answered meanwhile. */
  private async record(workspaceId: WorkspaceId, event: RecordedEvent, key: string): Promise<void> {
    try {
      await this.recorder.record(workspaceId, [event]);
    } catch (error) {
      this.remembered.delete(key);
      this.logger.warn({ err: error }, 'a limit that was reached was not recorded for webhooks');
    }
  }
}
