import { Table } from '#database';
import { type SessionEntry, todoPriorities } from '../session-entry.js';

/** Priorities are kept as their place in the order. */
function toEntryPriority(priority: SessionEntry['priority']): number | null {
  return priority === null ? null : todoPriorities.indexOf(priority);
}

export const entryTable = new Table<SessionEntry>(
  'session_entries',
  'session_entries',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    sessionId: 'uuid',
    projectId: 'uuid',
    kind: 'text',
    text: 'text',
    metadata: 'jsonb',
    priority: {
      type: 'smallint',
      read: (stored: number | null) => (stored === null ? null : (todoPriorities[stored] ?? 'low')),
      write: toEntryPriority,
    },
    createdAt: 'timestamptz',
    resolvedAt: 'timestamptz',
    resolvedBy: 'uuid',
  },
  false,
);

export function toEntry(row: object): SessionEntry {
  return entryTable.toThing(row);
}
