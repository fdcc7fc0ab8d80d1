import { defineFamily, defineTag, type TagOwner, workspaceDeletionTag } from '#cache';
import type { ProjectKey } from '#project';
import type { Session } from './session.js';

interface SessionKey {
  readonly workspace: string;
  readonly id: string;
}

/** Fired by every write to this session, activity included. */
export const sessionTag = defineTag('session', ({ id }: SessionKey) => id);

/** Fired by every write to the log of this session: its entries, and what settles them. */
export const sessionLogTag = defineTag('session-log', ({ id }: SessionKey) => id);

/** Fired by every write to any session of the workspace. */
export const sessionListTag = defineTag<TagOwner>('sessions', () => []);

/** Fired when a todo of the project is written or settled. */
export const todosTag = defineTag('todos', ({ project }: ProjectKey) => project);

/**
 * Sessions as they are stored: states are known from their times when they are read, so that no cached one lives
 * longer. What is not there is not remembered.
 */
export const sessions = defineFamily<SessionKey, Session | undefined>({
  name: 'session',
  schemaVersion: 2,
  scope: 'workspace',
  mutable: true,
  key: ({ id }) => id,
  tags: (of) => [sessionTag(of), workspaceDeletionTag(of)],
  ttlMs: 300_000,
});
