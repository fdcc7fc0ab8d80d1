import type { ConversationId, WorkspaceId } from '#kernel';
import type { Message } from '../message.js';
import type { MessageRange, PostgresMessageRepository } from './postgres-message.repository.js';

export interface MessageList {
  /** Oldest first. */
  readonly items: readonly Message[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

interface ConversationRef {
  readonly workspaceId: WorkspaceId;
  readonly id: ConversationId;
}

/** From one end of a range. */
export async function loadRange(
  messages: PostgresMessageRepository,
  of: ConversationRef,
  range: MessageRange,
  limit: number,
): Promise<MessageList> {
  const { direction } = range;
  const rows = await messages.list(of.workspaceId, of.id, range, limit + 1);
  const hasMore = rows.length > limit;
  const items = direction === 'newer' ? rows.slice(0, limit) : rows.slice(-limit);
  const opposite = await hasOpposite(messages, of, items, range);
  return direction === 'newer'
    ? { items, hasNewer: hasMore, hasOlder: opposite }
    : { items, hasNewer: opposite, hasOlder: hasMore };
}

/** Whether there is more on the side where the range began: beyond its end there, but in a list with two ends. */
async function hasOpposite(
  messages: PostgresMessageRepository,
  { workspaceId, id }: ConversationRef,
  items: readonly Message[],
  { since, until, within, direction }: MessageRange,
): Promise<boolean> {
  const edge = direction === 'newer' ? items[0] : items.at(-1);
  if (edge === undefined || (direction === 'newer' && edge.seq === 1)) return false;
  const beyond = direction === 'newer' ? { before: edge.seq } : { after: edge.seq };
  return messages.hasAny(workspaceId, id, { since, until, ...within, ...beyond });
}

/** Half before, half after, the message itself between them; more on one side where the other has fewer. */
export async function loadAround(
  messages: PostgresMessageRepository,
  { workspaceId, id }: ConversationRef,
  seq: number,
  limit: number,
): Promise<MessageList> {
  const older = await messages.list(workspaceId, id, { before: seq, direction: 'older' }, limit + 1);
  const newer = await messages.list(workspaceId, id, { after: seq - 1, direction: 'newer' }, limit + 1);
  const wanted = Math.floor((limit - 1) / 2);
  const ofOlder = Math.min(older.length, Math.max(wanted, limit - newer.length));
  const ofNewer = Math.min(newer.length, limit - ofOlder);
  return {
    items: [...older.slice(older.length - ofOlder), ...newer.slice(0, ofNewer)],
    hasOlder: older.length > ofOlder,
    hasNewer: newer.length > ofNewer,
  };
}
