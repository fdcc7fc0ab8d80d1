import { createHash } from 'node:crypto';
import { randomId } from './random-id.js';

/** Stands for the identity where the server hides INFO: then every reconnect makes a new epoch. */
export const HIDDEN_IDENTITY = 'hidden';

/**
 * The identity of the data a server holds: its run id changes with a restart, its replication id with a failover, the
 * node ids of the masters with a change of the Cluster. Digested to 16 characters.
 */
export function serverIdentity(runId: string, replicationId: string, masterNodeIds: readonly string[] = []): string {
  return createHash('sha256')
    .update([runId, replicationId, ...[...masterNodeIds].sort()].join('\n'))
    .digest('base64url')
    .slice(0, 16);
}

/** `<identity>.<random>`: everything stored under another epoch is invalid. */
export function newEpoch(identity: string): string {
  return `${identity}.${randomId()}`;
}

/**
 * What a connection does with the epoch it finds: one of the server it talks to is accepted; a missing, foreign or
 * malformed one is replaced. Where the identity is hidden, only one seen after an own replacement on this connection
 * can be trusted.
 */
export function judgeEpoch(found: string | null, identity: string, hasReplaced: boolean): 'accept' | 'replace' {
  if (found === null || !found.startsWith(`${identity}.`)) return 'replace';
  return identity === HIDDEN_IDENTITY && !hasReplaced ? 'replace' : 'accept';
}
