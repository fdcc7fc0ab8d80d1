import type { Metadata, Revision, WorkspaceId } from '#kernel';

/** Largest profile, and largest preferences, in bytes of their JSON in UTF-8. */
export const MAX_PROFILE_BYTES = 65_536;

/** Changes of a profile that are kept, the newest ones. */
export const MAX_CHANGES = 1000;

/** Who is meant, in a workspace, by the name that clients have for the user. */
export interface UserRef {
  readonly workspaceId: WorkspaceId;
  readonly user: string;
}

/** What is remembered of a user in all projects of the workspace. */
export interface Profile {
  readonly workspaceId: WorkspaceId;
  readonly user: string;
  /** Grows by 1 with each write; begins again at 1 after an erasure. */
  readonly version: number;
  /** Free data. */
  readonly profile: Metadata;
  /** What the user wants. */
  readonly preferences: Metadata;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Another one after every write, also after an erasure. */
  readonly revision: Revision;
  /** Principal of the last write. */
  readonly createdBy: string | null;
}

/** JSON merge patches (RFC 7396): absent keeps, null clears all of it. */
export interface ProfilePatch {
  readonly profile?: Metadata | null | undefined;
  readonly preferences?: Metadata | null | undefined;
}

/** A write of a profile. */
export interface ProfileChange {
  /** That it made. */
  readonly version: number;
  /** As it was sent. */
  readonly patch: ProfilePatch;
  readonly createdAt: Date;
  readonly createdBy: string | null;
}
