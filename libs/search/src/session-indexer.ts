import { Injectable } from '@nestjs/common';
import type { EntryId } from '#kernel';
import { type Session, type SessionEntry, SessionObserver, SessionObservers, SessionReader } from '#session';
import type { SearchDocument } from './search.js';
import { SearchIndexService } from './search-index.service.js';

const ENTRIES_AT_ONCE = 500;

/** Makes the log of a session findable when its work is handed over, in that transaction. */
@Injectable()
export class SessionIndexer extends SessionObserver {
  constructor(
    private readonly index: SearchIndexService,
    private readonly sessions: SessionReader,
    observers: SessionObservers,
  ) {
    super();
    observers.register(this);
  }

  async onFinalised(session: Session): Promise<void> {
    let after: EntryId | undefined;
    do {
      const page = await this.sessions.entriesOf(session, after, ENTRIES_AT_ONCE);
      await this.index.index(page.items.map(toDocument));
      after = page.next?.[0];
    } while (after !== undefined);
  }

  async onImported(entries: readonly SessionEntry[]): Promise<void> {
    await this.index.index(entries.map(toDocument));
  }
}

export function toDocument({ workspaceId, projectId, id, text, sessionId, createdAt }: SessionEntry): SearchDocument {
  return { workspaceId, projectId, id, kind: 'entry', text, tags: [], sessionId: sessionId ?? undefined, createdAt };
}
