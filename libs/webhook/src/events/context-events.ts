import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  ContextObserver,
  ContextObservers,
  type ContextSummary,
  type ReplacedContext,
  type WithdrawnContext,
} from '#context';
import type { WorkspaceId } from '#kernel';
import type { RecordedEvent } from '../webhook.js';
import { EventRecorder } from './event-recorder.js';

/** Versions of a label are one subject. */
@Injectable()
export class ContextEvents extends ContextObserver {
  constructor(
    private readonly recorder: EventRecorder,
    observers: ContextObservers,
  ) {
    super();
    observers.register(this);
  }

  override onStored(workspaceId: WorkspaceId, contexts: readonly ContextSummary[]): Promise<void> {
    return this.recorder.record(
      workspaceId,
      contexts.map((context) => eventOf('context.stored', context, { version: context.version })),
    );
  }

  override onReplaced(workspaceId: WorkspaceId, contexts: readonly ReplacedContext[]): Promise<void> {
    return this.recorder.record(workspaceId, contexts.map(supersededEvent));
  }

  override onValidityChanged(workspaceId: WorkspaceId, contexts: readonly ContextSummary[]): Promise<void> {
    const superseded = contexts.filter(({ supersededBy }) => supersededBy !== null);
    return this.recorder.record(workspaceId, superseded.map(supersededEvent));
  }

  override onDeleted(workspaceId: WorkspaceId, contexts: readonly WithdrawnContext[]): Promise<void> {
    return this.recorder.record(
      workspaceId,
      contexts.map((context) => eventOf('context.forgotten', context, {})),
    );
  }

  async onLatest(): Promise<void> {}
  async onWithdrawn(): Promise<void> {}
  async onDescribed(): Promise<void> {}
}

function supersededEvent(context: Pick<ContextSummary, keyof ReplacedContext>): RecordedEvent {
  const { version, supersededBy } = context;
  return eventOf('context.superseded', context, { version, supersededBy });
}

function eventOf(
  event: RecordedEvent['event'],
  { id, projectId, label }: WithdrawnContext,
  more: RecordedEvent['data'],
): RecordedEvent {
  // No label is kept: it goes with its context.
  const line = createHash('sha256').update(label).digest('hex').slice(0, 32);
  return { event, projectId, subject: `context:${projectId}:${line}`, data: { id, ...more } };
}
