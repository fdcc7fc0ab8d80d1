import { defineFamily, definePlatformTag } from '#cache';
import type { Credential } from './credential.js';
import type { Workspace } from './workspace.js';

/** A credential is known by the SHA-256 of its secret, in hex; the subject is what a token claims. */
export interface CredentialKey {
  readonly hash: string;
  readonly subject?: string;
}

const MAX_TTL_MS = 30 * 60_000;

/** Fired by everything that changes what this one credential may do. */
export const credentialTag = definePlatformTag('credential', ({ hash }: CredentialKey) => hash);

/** Fired when the tokens of a subject are revoked, in whatever workspace: those of the others are verified once more. */
export const subjectTag = definePlatformTag('token-subject', ({ subject }: { subject: string }) => subject);

/**
 * Verified credentials; null: one that does not hold. Never longer than the credential lives, and never stale: each
 * read looks at the shared tier.
 */
export const principals = defineFamily<CredentialKey, Credential | null>({
  name: 'principal',
  schemaVersion: 1,
  scope: 'platform',
  mutable: true,
  key: ({ hash }) => hash,
  tags: (of) => [credentialTag(of), ...(of.subject === undefined ? [] : [subjectTag({ subject: of.subject })])],
  ttlMs: MAX_TTL_MS,
  ttlOf: (credential) =>
    credential?.expiresAt == null ? MAX_TTL_MS : Math.max(1, credential.expiresAt.getTime() - Date.now()),
  negativeTtlMs: 5_000,
});

/** Fired when a workspace is made. */
export const workspaceTag = definePlatformTag('workspace', ({ slug }: { slug: string }) => slug);

/** Workspaces by slug, which an operator names in every call. */
export const workspacesBySlug = defineFamily<{ slug: string }, Workspace | null>({
  name: 'workspace',
  schemaVersion: 1,
  scope: 'platform',
  mutable: true,
  key: ({ slug }) => slug,
  tags: (of) => [workspaceTag(of)],
  ttlMs: MAX_TTL_MS,
  negativeTtlMs: 5_000,
});
