import type { ValidateFunction } from 'ajv/dist/2020.js';
import { Injectable } from '@nestjs/common';
import type { Metadata, Revision, WorkspaceId } from '#kernel';
import { compileSchema, type PreferenceFault, toFault } from './compile-schema.js';
import { SettingsService } from './settings.service.js';

/** Compiled schemas that a process keeps. */
const MOST_KEPT = 100;

/** The first fault of preferences, undefined where they have none. */
type FindFault = (preferences: Metadata) => PreferenceFault | undefined;

/**
 * What preferences of users have to fit in a workspace. A compiled schema is kept by the revision of the settings, which no
 * other schema ever has: a change holds from the next request on, in every process.
 */
@Injectable()
export class PreferenceRules {
  private readonly compiled = new Map<Revision, ValidateFunction>();

  constructor(private readonly settings: SettingsService) {}

  /** Of the workspace as it is now; undefined where preferences are free. */
  async find(workspaceId: WorkspaceId): Promise<FindFault | undefined> {
    const { choice, revision } = await this.settings.find(workspaceId);
    if (choice.preferenceSchema === undefined || revision === null) return undefined;
    const validate = this.compiled.get(revision) ?? this.keep(revision, compileSchema(choice.preferenceSchema));
    return (preferences) => (validate(preferences) ? undefined : toFault(validate.errors?.[0]));
  }

  private keep(revision: Revision, validate: ValidateFunction): ValidateFunction {
    const [oldest] = this.compiled.keys();
    if (oldest !== undefined && this.compiled.size >= MOST_KEPT) this.compiled.delete(oldest);
    this.compiled.set(revision, validate);
    return validate;
  }
}
