import { defineFamily, defineTag, type TagOwner, workspaceDeletionTag } from '#cache';
import type { ProjectKey } from '#project';
import type { StoredWindow } from './window/window.js';

interface ConversationKey {
  readonly workspace: string;
  readonly id: string;
}

/** Fired by every write to this conversation, its messages included. */
export const conversationTag = defineTag('conversation', ({ id }: ConversationKey) => id);

/** Fired by every write to any conversation of the project. */
export const conversationsTag = defineTag('conversations', ({ project }: ProjectKey) => project);

/** Fired by every write to any conversation of the workspace. */
export const anyConversationTag = defineTag<TagOwner>('any-conversation', () => []);

/**
 * The newest messages of a conversation, of which every window is a slice. Written through after each write. What is not
 * there is not remembered.
 */
export const conversationWindows = defineFamily<ConversationKey, StoredWindow | undefined>({
  name: 'conversation',
  schemaVersion: 3,
  scope: 'workspace',
  mutable: true,
  key: ({ id }) => id,
  tags: (of) => [conversationTag(of), workspaceDeletionTag(of)],
  ttlMs: 1_800_000,
  loadTimeoutMs: 10_000,
});
