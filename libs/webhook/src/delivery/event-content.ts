import { Injectable } from '@nestjs/common';
import { ContextReader } from '#context';
import { HandoverService } from '#handover';
import { type ContextId, DomainError, type HandoverId, type SessionId, type WorkspaceId } from '#kernel';
import { SessionReader } from '#session';
import type { Delivery, Webhook } from '../webhook.js';

type Shown = Readonly<Record<string, unknown>>;

/**
 * What a delivery says besides the ids that were recorded. It is read when the attempt is made: what was deleted meanwhile is
 * not sent, however long a delivery waits.
 */
@Injectable()
export class EventContent {
  constructor(
    private readonly contexts: ContextReader,
    private readonly handovers: HandoverService,
    private readonly sessions: SessionReader,
  ) {}

  /**
   * The `data` of a delivery.
   * @param isContentAsked whether it holds texts that were stored
   */
  async of({ workspaceId, event, data }: Delivery, isContentAsked: Webhook['content']): Promise<Shown> {
    const id = data['id'];
    if (typeof id !== 'string') return data;
    switch (event) {
      case 'context.stored':
      case 'context.superseded':
        return { ...data, ...(await this.ofContext(workspaceId, id as ContextId, isContentAsked)) };
      case 'handover.created':
        return { ...data, ...(isContentAsked ? await this.ofHandover(workspaceId, id as HandoverId) : {}) };
      case 'session.ended':
        return { ...data, ...(isContentAsked ? await this.ofSession(workspaceId, id as SessionId) : {}) };
      default:
        return data;
    }
  }

  private async ofContext(workspaceId: WorkspaceId, id: ContextId, isContentAsked: boolean): Promise<Shown> {
    const context = await this.contexts.find(workspaceId, id);
    if (context === undefined) return { deleted: true };
    const { label, tags, priority, content, contentHash } = context;
    return { label, tags, priority, ...(isContentAsked ? { content, contentHash } : {}) };
  }

  private async ofHandover(workspaceId: WorkspaceId, id: HandoverId): Promise<Shown> {
    try {
      return { content: (await this.handovers.get(workspaceId, id)).content };
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'not-found') return { deleted: true };
      throw error;
    }
  }

  private async ofSession(workspaceId: WorkspaceId, id: SessionId): Promise<Shown> {
    const session = await this.sessions.find(workspaceId, id);
    return session === undefined ? { deleted: true } : { client: session.client, summary: session.summary };
  }
}
