import { Table } from '#database';
import type { Session } from '../session.js';

export const sessionTable = new Table<Session>(
  'sessions',
  's',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    client: 'text',
    metadata: 'jsonb',
    summary: 'text',
    createdAt: 'timestamptz',
    lastActiveAt: 'timestamptz',
    expiresAt: 'timestamptz',
    finalisedAt: 'timestamptz',
    endedAt: 'timestamptz',
    revision: 'uuid',
  },
  true,
);

export const SELECT_SESSION = `SELECT ${sessionTable.columns} FROM ${sessionTable.source}`;

export function toSession(row: object): Session {
  return sessionTable.toThing(row);
}
