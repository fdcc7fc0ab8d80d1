import { Table } from '#database';
import type { SessionId } from '#kernel';
import type { Handover, HandoverContent } from '../handover.js';

/** A handover as its row has it: without a part that may be there or not. */
export interface FlatHandover extends Omit<Handover, 'acknowledgement'> {
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedSessionId: SessionId | null;
}

export const handoverTable = new Table<FlatHandover>(
  'handovers',
  'h',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    sessionId: 'uuid',
    reason: 'text',
    content: { type: 'jsonb', read: withoutNegativeDuration, write: (content) => content },
    createdAt: 'timestamptz',
    updatedAt: 'timestamptz',
    acknowledgedAt: 'timestamptz',
    acknowledgedBy: 'text',
    acknowledgedSessionId: 'uuid',
    revision: 'uuid',
  },
  true,
);

export const SELECT_HANDOVER = `SELECT ${handoverTable.columns} FROM ${handoverTable.source}`;

/** Earlier releases stored what the clocks of two machines said. */
function withoutNegativeDuration(content: HandoverContent): HandoverContent {
  const { statistics } = content;
  return statistics.durationMs >= 0 ? content : { ...content, statistics: { ...statistics, durationMs: 0 } };
}

export function toHandover(row: object): Handover {
  return fromFlat(handoverTable.toThing(row));
}

export function fromFlat({ acknowledgedAt: at, acknowledgedBy: by, ...rest }: FlatHandover): Handover {
  const { acknowledgedSessionId: sessionId, ...handover } = rest;
  return { ...handover, acknowledgement: at === null || by === null ? null : { at, by, sessionId } };
}

export function toFlat({ acknowledgement, ...handover }: Handover): FlatHandover {
  return {
    ...handover,
    acknowledgedAt: acknowledgement?.at ?? null,
    acknowledgedBy: acknowledgement?.by ?? null,
    acknowledgedSessionId: acknowledgement?.sessionId ?? null,
  };
}
