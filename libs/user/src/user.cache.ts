import { defineFamily, defineTag, workspaceDeletionTag } from '#cache';
import type { Profile } from './user.js';

interface UserKey {
  readonly workspace: string;
  /** By the name that clients have for the user. */
  readonly user: string;
}

/** Fired by every write to the profile of this user, and by the erasure of the user. */
export const profileTag = defineTag('profile', ({ user }: UserKey) => user);

/** Profiles; null: there is none. Written through after each write. */
export const profiles = defineFamily<UserKey, Profile | null>({
  name: 'profile',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: true,
  key: ({ user }) => user,
  tags: (of) => [profileTag(of), workspaceDeletionTag(of)],
  ttlMs: 3_600_000,
});
