import type { AgentStateId, Authorship, CheckpointId, Metadata, ProjectId, Revision, WorkspaceId } from '#kernel';
import { mergePatch } from '#kernel';

/** Largest value of a state, in bytes of its JSON in UTF-8. */
export const MAX_VALUE_BYTES = 1024 * 1024;

/** Longest life that a state can be given, in seconds: ten years. */
export const MAX_TTL_SECONDS = 315_360_000;

/** The working value of one agent in one project. An agent has one at most. */
export interface AgentState extends Authorship {
  readonly workspaceId: WorkspaceId;
  /** Of this state from its creation until it is deleted or expires; what follows it has another. */
  readonly id: AgentStateId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  /** Name of the agent, unique in the project. */
  readonly agent: string;
  /** Grows with each write. No version of an agent comes again while its project is there, also not after a deletion. */
  readonly version: number;
  /** Any JSON value. */
  readonly value: unknown;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** From this moment on there is no state; null: never. */
  readonly expiresAt: Date | null;
  /** Another one after every write. */
  readonly revision: Revision;
}

/** A state in a list, without its value. */
export type AgentSummary = Pick<
  AgentState,
  'project' | 'agent' | 'version' | 'createdAt' | 'updatedAt' | 'expiresAt'
> & {
  /** Of the value as JSON in UTF-8. */
  readonly sizeBytes: number;
};

/** What a state was at one version, kept under a name. It stays when the state goes. */
export interface Checkpoint {
  readonly workspaceId: WorkspaceId;
  readonly id: CheckpointId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly agent: string;
  /** Not unique: the newest of a name is what the name means. */
  readonly name: string;
  /** Of the same agent; null: none, or it was deleted. */
  readonly parentId: CheckpointId | null;
  /** Of the state that it was made of. */
  readonly version: number;
  readonly value: unknown;
  readonly metadata: Metadata;
  readonly createdAt: Date;
}

/** A checkpoint in a list, without its value. */
export type CheckpointSummary = Omit<Checkpoint, 'value'>;

/** Whether a state is there at this moment. An expired one is not, whether or not its row was removed. */
export function isLive({ expiresAt }: Pick<AgentState, 'expiresAt'>, now: Date): boolean {
  return expiresAt === null || expiresAt > now;
}

/** Size of a JSON value as text in UTF-8. */
export function valueBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Applies a JSON merge patch (RFC 7396) to any JSON value: what is no object replaces all of it. */
export function mergeValue(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  return mergePatch(isObject(value) ? value : {}, patch);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
