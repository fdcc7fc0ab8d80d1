import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { Metadata, Revision, WorkspaceId } from '#kernel';
import { MAX_CHANGES, type Profile, type ProfileChange, type ProfilePatch, type UserRef } from '../user.js';

interface ProfileRow {
  readonly workspace_id: WorkspaceId;
  readonly user_id: string;
  readonly version: number;
  readonly profile: string;
  readonly preferences: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: Revision;
  readonly created_by: string | null;
}

interface ChangeRow {
  readonly version: number;
  readonly patch: string;
  readonly created_at: Date;
  readonly created_by: string | null;
}

const COLUMNS = 'workspace_id, user_id, version, profile, preferences, created_at, updated_at, revision, created_by';

/** Profiles at rest, with what changed them. */
@Injectable()
export class PostgresProfileRepository {
  constructor(private readonly database: Database) {}

  /** Null where there is none. */
  async find({ workspaceId, user }: UserRef): Promise<Profile | null> {
    const rows = await this.database.query<ProfileRow>(
      `SELECT ${COLUMNS} FROM user_profiles WHERE workspace_id = $1 AND user_id = $2`,
      [workspaceId, user],
    );
    return rows.map(toProfile)[0] ?? null;
  }

  /**
   * The profile, which nobody else changes until the surrounding transaction ends. Null where there is none; then nobody else
   * makes one either.
   */
  async lock({ workspaceId, user }: UserRef, now: Date, revision: Revision): Promise<Profile | null> {
    await this.database.query(
      `INSERT INTO user_profiles (${COLUMNS}) VALUES ($1, $2, 0, '{}', '{}', $3, $3, $4, NULL)
       ON CONFLICT ON CONSTRAINT user_profiles_pkey DO NOTHING`,
      [workspaceId, user, now, revision],
    );
    const rows = await this.database.query<ProfileRow>(
      `SELECT ${COLUMNS} FROM user_profiles WHERE workspace_id = $1 AND user_id = $2 FOR UPDATE`,
      [workspaceId, user],
    );
    const profile = rows.map(toProfile)[0];
    return profile === undefined || profile.version === 0 ? null : profile;
  }

  /** Puts a version in the place of the one before, and keeps what made it. Call it with the profile locked. */
  async put(profile: Profile, patch: ProfilePatch): Promise<void> {
    const { workspaceId, user, version, updatedAt, createdBy } = profile;
    await this.database.query(
      `UPDATE user_profiles
       SET version = $3, profile = $4, preferences = $5, updated_at = $6, revision = $7, created_by = $8
       WHERE workspace_id = $1 AND user_id = $2`,
      [
        workspaceId,
        user,
        version,
        JSON.stringify(profile.profile),
        JSON.stringify(profile.preferences),
        updatedAt,
        profile.revision,
        createdBy,
      ],
    );
    await this.database.query(
      `INSERT INTO user_profile_changes (workspace_id, user_id, version, patch, created_at, created_by)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [workspaceId, user, version, JSON.stringify(patch), updatedAt, createdBy],
    );
    await this.database.query(
      'DELETE FROM user_profile_changes WHERE workspace_id = $1 AND user_id = $2 AND version <= $3',
      [workspaceId, user, version - MAX_CHANGES],
    );
  }

  /** Newest first, from before that version. */
  async listChanges(
    { workspaceId, user }: UserRef,
    before: number | undefined,
    limit: number,
  ): Promise<Page<ProfileChange, [number]>> {
    const rows = await this.database.query<ChangeRow>(
      `SELECT version, patch, created_at, created_by FROM user_profile_changes
       WHERE workspace_id = $1 AND user_id = $2 AND ($3::integer IS NULL OR version < $3)
       ORDER BY version DESC LIMIT $4`,
      [workspaceId, user, before ?? null, limit + 1],
    );
    const changes = rows.map((row): ProfileChange => ({
      version: row.version,
      patch: JSON.parse(row.patch) as ProfilePatch,
      createdAt: row.created_at,
      createdBy: row.created_by,
    }));
    return toPage(changes, limit, ({ version }) => [version]);
  }
}

function toProfile(row: ProfileRow): Profile {
  return {
    workspaceId: row.workspace_id,
    user: row.user_id,
    version: row.version,
    profile: JSON.parse(row.profile) as Metadata,
    preferences: JSON.parse(row.preferences) as Metadata,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
    createdBy: row.created_by,
  };
}
