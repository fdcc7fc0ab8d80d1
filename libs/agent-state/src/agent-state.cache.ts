import { defineFamily, defineTag, workspaceDeletionTag } from '#cache';
import { sharedTime } from '#kernel';
import type { ProjectKey } from '#project';
import type { AgentState } from './agent-state.js';

export interface AgentKey extends ProjectKey {
  /** Name of the agent. */
  readonly agent: string;
}

/** Fired by every write to the state of this agent. */
export const agentStateTag = defineTag('agent-state', ({ project, agent }: AgentKey) => [project, agent]);

/** Fired by every write to the state of any agent of the project. */
export const agentsTag = defineTag('agents', ({ project }: ProjectKey) => project);

/** Fired when a checkpoint of this agent is made or deleted. */
export const checkpointsTag = defineTag('checkpoints', ({ project, agent }: AgentKey) => [project, agent]);

/**
 * States of agents; null: there is none. Written through after each write. No entry outlives the state; whoever reads
 * one still compares its expiry with the time, so that an expired state is absent at once.
 */
export const agentStates = defineFamily<AgentKey, AgentState | null>({
  name: 'agent-state',
  schemaVersion: 2,
  scope: 'project',
  mutable: true,
  key: ({ agent }) => agent,
  tags: (of) => [agentStateTag(of), workspaceDeletionTag(of)],
  ttlMs: 3_600_000,
  ttlOf: (state) => remainingMs(state?.expiresAt ?? null),
});

/** Milliseconds until then, at least 1; for ever where there is no such moment. */
export function remainingMs(expiresAt: Date | null): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Math.max(1, expiresAt.getTime() - sharedTime.nowMs());
}
