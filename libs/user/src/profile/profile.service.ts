import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import { Clock, mergePatch, type Metadata, metadataBytes, newRevision } from '#kernel';
import { writtenByCaller } from '#observability';
import { PreferenceRules } from '#settings';
import { MAX_PROFILE_BYTES, type Profile, type ProfileChange, type ProfilePatch, type UserRef } from '../user.js';
import { profiles, profileTag } from '../user.cache.js';
import { preferencesUnfit, profileTooLarge } from '../user.errors.js';
import { PostgresProfileRepository } from './postgres-profile.repository.js';

/**
 * What is remembered of users. Writes of one user come one after the other, whichever processes they come from: of several
 * that name the same state in `If-Match` one is made, and the others are given the version that it has made.
 */
@Injectable()
export class ProfileService {
  constructor(
    private readonly repository: PostgresProfileRepository,
    private readonly transactions: TransactionRunner,
    private readonly cache: CacheService,
    private readonly queries: ListCache,
    private readonly clock: Clock,
    private readonly rules: PreferenceRules,
  ) {}

  /** Null: nothing is remembered of the user. */
  async get(of: UserRef): Promise<Profile | null> {
    const key = { workspace: of.workspaceId, user: of.user };
    const profile = await this.cache.getOrSet(profiles, key, () => this.repository.find(of));
    return profile?.workspaceId === of.workspaceId ? profile : null;
  }

  /** Changes of the profile, newest first, from before that version. */
  listChanges(of: UserRef, before: number | undefined, limit: number): Promise<Page<ProfileChange, [number]>> {
    return this.queries.read(
      {
        workspace: of.workspaceId,
        statement: 'profile-changes',
        parameters: { user: of.user, before, limit },
        tags: [profileTag({ workspace: of.workspaceId, user: of.user })],
      },
      () => this.repository.listChanges(of, before, limit),
    );
  }

  /**
   * Changes a profile. It is made where it is missing.
   * @param preconditions what it says of the state it is for; absent: any, or none
   * @throws DomainError `precondition-failed`, which says the current version (0: none); `invalid-input` where a merged part
   *   is too large; `preferences-unfit` where changed preferences do not fit the schema of the workspace
   */
  async patch(of: UserRef, patch: ProfilePatch, preconditions: Preconditions = {}): Promise<Profile> {
    const findFault = patch.preferences === undefined ? undefined : await this.rules.find(of.workspaceId);
    return this.transactions.run(async () => {
      const now = this.clock.now();
      const current = await this.repository.lock(of, now, newRevision());
      requireMatch(preconditions, this.tagOf(of, current), current?.version ?? 0);
      const profile: Profile = {
        ...of,
        version: (current?.version ?? 0) + 1,
        profile: merged('profile', current?.profile, patch.profile),
        preferences: merged('preferences', current?.preferences, patch.preferences),
        createdAt: current?.createdAt ?? now,
        updatedAt: now,
        revision: newRevision(),
        createdBy: writtenByCaller().createdBy,
      };
      const fault = findFault?.(profile.preferences);
      if (fault !== undefined) throw preferencesUnfit(fault);
      await this.repository.put(profile, patch);
      await this.changed(of);
      return profile;
    });
  }

  /** Strong tag, also of the state in which nothing is remembered. */
  tagOf({ user }: UserRef, profile: Profile | null): string {
    return entityTag(['profile', user, profile?.revision]);
  }

  /** Call it in the transaction of a write: the next reader finds the profile, or its absence, written through. */
  private changed(of: UserRef): Promise<void> {
    const key = { workspace: of.workspaceId, user: of.user };
    return this.cache.invalidate(
      [profileTag(key)],
      this.cache.refill(profiles, key, () => this.repository.find(of)),
    );
  }
}

function merged(part: 'profile' | 'preferences', current: Metadata = {}, patch: Metadata | null | undefined): Metadata {
  if (patch === undefined) return current;
  const value = patch === null ? {} : mergePatch(current, patch);
  if (metadataBytes(value) > MAX_PROFILE_BYTES) throw profileTooLarge(part);
  return value;
}
