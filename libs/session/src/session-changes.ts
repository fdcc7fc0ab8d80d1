import { Injectable } from '@nestjs/common';
import { CacheService, type Tag } from '#cache';
import type { SessionId, WorkspaceId } from '#kernel';
import { projectCountersTag } from '#project';
import { SessionRepository } from './persistence/session.repository.js';
import type { Session } from './session.js';
import { sessionListTag, sessionLogTag, sessions, sessionTag, todosTag } from './session.cache.js';

/** Drops what is cached of sessions with the writes that change it: call it in their transaction. */
@Injectable()
export class SessionChanges {
  constructor(
    private readonly cache: CacheService,
    private readonly repository: SessionRepository,
  ) {}

  /** Its client made or changed a session, or showed activity. The next reader finds it written through. */
  written({ workspaceId, id }: Pick<Session, 'workspaceId' | 'id'>): Promise<void> {
    const key = { workspace: workspaceId, id };
    const load = () => this.repository.find(workspaceId, id);
    return this.cache.invalidate([sessionTag(key), sessionListTag(key)], this.cache.refill(sessions, key, load));
  }

  /** A session was changed without its client, who need not come back. */
  sweptUp({ workspaceId, id }: Pick<Session, 'workspaceId' | 'id'>): Promise<void> {
    const key = { workspace: workspaceId, id };
    return this.cache.invalidate([sessionTag(key), sessionListTag(key)]);
  }

  /** A project has another session, or one less. */
  moved(workspaceId: WorkspaceId, ...slugs: readonly string[]): Promise<void> {
    return this.cache.invalidate(slugs.map((project) => projectCountersTag({ workspace: workspaceId, project })));
  }

  /** Entries were added to these logs or settled there. @param todosOf slug of the project whose todos changed */
  logged(workspaceId: WorkspaceId, sessionIds: readonly SessionId[], todosOf: string | undefined): Promise<void> {
    const logs = sessionIds.map((id) => sessionLogTag({ workspace: workspaceId, id }));
    const named = { workspace: workspaceId, project: todosOf ?? '' };
    const todos: readonly Tag[] = todosOf === undefined ? [] : [todosTag(named), projectCountersTag(named)];
    return this.cache.invalidate([...logs, ...todos]);
  }
}
