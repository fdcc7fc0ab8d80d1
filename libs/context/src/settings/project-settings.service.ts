import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { entityTag, type Preconditions, requireMatch } from '#http';
import { Clock, type WorkspaceId } from '#kernel';
import { ProjectReader, ProjectService } from '#project';
import type { SupersedeMode } from '../conflict/conflict.js';
import { PostgresConflictRepository } from '../conflict/postgres-conflict.repository.js';
import { PostgresRetentionRepository } from '../retention/postgres-retention.repository.js';
import { KEEP_EVERYTHING, type RetentionPolicy } from '../retention/retention.js';

/** What holds in a project. Every field has a value where nobody has set it. */
export interface ProjectSettings {
  /** Null: as by default. */
  readonly supersede: SupersedeMode | null;
  readonly retention: RetentionPolicy;
}

/** A change: what is absent stays, null is the default again. */
interface ProjectSettingsPatch {
  readonly supersede?: SupersedeMode | null | undefined;
  readonly retention?:
    { readonly [Field in keyof RetentionPolicy]?: RetentionPolicy[Field] | undefined } | null | undefined;
}

/** What is set of a project: what rules of conflicts may do, and how long it keeps what nobody uses. */
@Injectable()
export class ProjectSettingsService {
  constructor(
    private readonly conflicts: PostgresConflictRepository,
    private readonly retention: PostgresRetentionRepository,
    private readonly projects: ProjectService,
    private readonly reader: ProjectReader,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** A project that does not exist has the defaults. */
  async find(workspaceId: WorkspaceId, slug: string): Promise<ProjectSettings> {
    const project = await this.reader.find(workspaceId, slug);
    if (project === undefined) return { supersede: null, retention: KEEP_EVERYTHING };
    return {
      supersede: (await this.conflicts.findMode(workspaceId, project.id)) ?? null,
      retention: (await this.retention.findPolicy(workspaceId, project.id)) ?? KEEP_EVERYTHING,
    };
  }

  /**
   * Changes all that the patch names, or nothing. The project is made where it is missing. What rules have found stays, and nothing
   * is archived or purged before the next run.
   * @throws DomainError `precondition-failed` where `preconditions` is not for the current state
   */
  change(
    workspaceId: WorkspaceId,
    slug: string,
    { supersede, retention }: ProjectSettingsPatch,
    preconditions?: Preconditions,
  ): Promise<ProjectSettings> {
    return this.transactions.run(async () => {
      const project = await this.projects.ensure(workspaceId, slug);
      // One change of a project waits for another one: in this order, whatever they change.
      const mode = await this.conflicts.findModeForChange(workspaceId, project.id);
      const policy = (await this.retention.findPolicyForChange(workspaceId, project.id)) ?? KEEP_EVERYTHING;
      requireMatch(preconditions, this.tagOf(slug, { supersede: mode, retention: policy }));
      const changed = {
        supersede: supersede === undefined ? mode : supersede,
        retention: retention === null ? KEEP_EVERYTHING : withChanges(policy, retention ?? {}),
      };
      if (supersede !== undefined) await this.conflicts.putMode(workspaceId, project.id, changed.supersede);
      if (retention !== undefined)
        await this.retention.putPolicy(workspaceId, project.id, changed.retention, this.clock.now());
      return changed;
    });
  }

  /** The same settings have the same tag. */
  tagOf(slug: string, { supersede, retention }: ProjectSettings): string {
    const { archiveAfterDays, purgeAfterDays, noticeDays } = retention;
    return entityTag(['settings', slug, supersede, ...[archiveAfterDays, purgeAfterDays, noticeDays].map(String)]);
  }
}

function withChanges(policy: RetentionPolicy, patch: NonNullable<ProjectSettingsPatch['retention']>): RetentionPolicy {
  const { archiveAfterDays, purgeAfterDays, noticeDays } = patch;
  return {
    archiveAfterDays: archiveAfterDays === undefined ? policy.archiveAfterDays : archiveAfterDays,
    purgeAfterDays: purgeAfterDays === undefined ? policy.purgeAfterDays : purgeAfterDays,
    noticeDays: noticeDays ?? policy.noticeDays,
  };
}
