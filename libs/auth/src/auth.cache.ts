import { defineFamily, definePlatformTag } from '#cache';
import { sharedTime, type WorkspaceId } from '#kernel';
import type { Credential } from './credential.js';
import type { Workspace } from './workspace.js';

/**
 * Which product is asked, where several with databases of their own share one Redis: the same slug, and the same token,
 * mean another workspace in each. Its default workspace says it, whose id is no other's.
 */
interface OfInstallation {
  readonly installation: WorkspaceId;
}

/** A credential is known by the SHA-256 of its secret, in hex; the subject is what a token claims. */
export interface CredentialKey extends OfInstallation {
  readonly hash: string;
  readonly subject?: string;
}

const MAX_TTL_MS = 30 * 60_000;

/** Fired by everything that changes what this one credential may do. */
export const credentialTag = definePlatformTag('credential', ({ hash }: Pick<CredentialKey, 'hash'>) => hash);

/** Fired when the tokens of a subject are revoked, in whatever workspace: those of the others are verified once more. */
export const subjectTag = definePlatformTag('token-subject', ({ subject }: { subject: string }) => subject);

/**
 * Verified credentials, never longer than they live, and never stale: each read looks at the shared tier. One that does
 * not hold is not remembered: it may hold a moment later, and nobody fills the cache with what they make up.
 */
export const principals = defineFamily<CredentialKey, Credential>({
  name: 'principal',
  schemaVersion: 3,
  scope: 'platform',
  mutable: true,
  key: ({ installation, hash }) => [installation, hash],
  tags: (of) => [credentialTag(of), ...(of.subject === undefined ? [] : [subjectTag({ subject: of.subject })])],
  ttlMs: MAX_TTL_MS,
  ttlOf: (credential) =>
    credential.expiresAt === null ? MAX_TTL_MS : Math.max(1, credential.expiresAt.getTime() - sharedTime.nowMs()),
});

/** Fired when a workspace is made. */
export const workspaceTag = definePlatformTag('workspace', ({ slug }: { slug: string }) => slug);

/** Workspaces by slug, which an operator names in every call. */
export const workspacesBySlug = defineFamily<OfInstallation & { slug: string }, Workspace | null>({
  name: 'workspace',
  schemaVersion: 2,
  scope: 'platform',
  mutable: true,
  key: ({ installation, slug }) => [installation, slug],
  tags: (of) => [workspaceTag(of)],
  ttlMs: MAX_TTL_MS,
  negativeTtlMs: 5_000,
});
