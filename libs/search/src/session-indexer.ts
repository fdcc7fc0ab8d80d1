import { Injectable } from '@nestjs/common';
import type { EntryId } from '#kernel';
import { type Session, type SessionEntry, SessionObserver, SessionObservers, SessionReader } from '#session';
import type { Place, SearchDocument } from './search.js';
import { SearchIndexService } from './search-index.service.js';

const ENTRIES_AT_ONCE = 500;

/**
 * Makes an entry findable in the transaction that writes it, and all of a session once more in the one that hands them over: what was
 * written before there was an index is among them, and searches that leave out what is going on show them from then on.
 */
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

  override async onWritten(session: Session, entry: SessionEntry): Promise<void> {
    const counts = await this.sessions.countWork(session);
    const number = counts.reduce((sum, { total }) => sum + total, 0);
    await this.index.index([{ ...toDocument(entry), place: placeOf(entry, number) }]);
  }

  async onFinalised(session: Session): Promise<void> {
    let number = 0;
    for await (const entries of this.pagesOf(session))
      await this.index.index(entries.map((entry) => ({ ...toDocument(entry), place: placeOf(entry, ++number) })));
  }

  async onImported(entries: readonly SessionEntry[]): Promise<void> {
    const numbers = new Map<EntryId, number>();
    for (const id of new Set(entries.map(({ sessionId }) => sessionId))) {
      const session = id === null ? undefined : await this.sessions.find(entries[0]!.workspaceId, id);
      if (session === undefined) continue;
      let number = 0;
      for await (const page of this.pagesOf(session)) for (const entry of page) numbers.set(entry.id, ++number);
    }
    await this.index.index(
      entries.map((entry) => ({ ...toDocument(entry), place: placeOf(entry, numbers.get(entry.id)) })),
    );
  }

  private async *pagesOf(session: Session): AsyncGenerator<readonly SessionEntry[]> {
    let after: EntryId | undefined;
    do {
      const page = await this.sessions.entriesOf(session, after, ENTRIES_AT_ONCE);
      yield page.items;
      after = page.next?.[0];
    } while (after !== undefined);
  }
}

/** @param number of the entry among those of its session in its project, oldest first */
function placeOf({ sessionId }: SessionEntry, number: number | undefined): Place | undefined {
  return sessionId === null || number === undefined ? undefined : { threadId: sessionId, number };
}

/** Without its place in the session. */
function toDocument({ workspaceId, projectId, id, text, sessionId, createdAt }: SessionEntry): SearchDocument {
  return { workspaceId, projectId, id, kind: 'entry', text, tags: [], sessionId: sessionId ?? undefined, createdAt };
}
