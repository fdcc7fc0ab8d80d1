import { Injectable } from '@nestjs/common';
import { type Handover, type HandoverObserver, HandoverObservers } from '#handover';
import { type FinaliseReason, type Session, SessionObserver, SessionObservers } from '#session';
import { EventRecorder } from './event-recorder.js';

/** The end of sessions. One that goes on after it was idle ends again. */
@Injectable()
export class SessionEvents extends SessionObserver {
  constructor(
    private readonly recorder: EventRecorder,
    observers: SessionObservers,
  ) {
    super();
    observers.register(this);
  }

  async onFinalised({ workspaceId, id, projectId }: Session, reason: FinaliseReason): Promise<void> {
    if (reason === 'switch') return;
    await this.recorder.record(workspaceId, [
      { event: 'session.ended', projectId, subject: `session:${id}`, data: { id, reason } },
    ]);
  }

  async onImported(): Promise<void> {}
}

/** Handovers, which are of the subject of their session. */
@Injectable()
export class HandoverEvents implements HandoverObserver {
  constructor(
    private readonly recorder: EventRecorder,
    observers: HandoverObservers,
  ) {
    observers.register(this);
  }

  onMade({ workspaceId, id, projectId, sessionId, reason }: Handover): Promise<void> {
    const subject = sessionId === null ? `handover:${id}` : `session:${sessionId}`;
    const data = { id, reason, sessionId };
    return this.recorder.record(workspaceId, [{ event: 'handover.created', projectId, subject, data }]);
  }
}
