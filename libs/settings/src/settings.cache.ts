import { defineFamily, defineTag, type TagOwner } from '#cache';
import type { StoredSettings } from './settings.js';

/** Fired by every change of the settings of the workspace. */
export const settingsTag = defineTag<TagOwner>('settings', () => []);

/** What was set in a workspace. Every write asks for it, so a change holds from the next request on, in every process. */
export const workspaceSettings = defineFamily<TagOwner, StoredSettings>({
  name: 'settings',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: true,
  key: () => 'of-workspace',
  tags: (of) => [settingsTag(of)],
  ttlMs: 3_600_000,
});
