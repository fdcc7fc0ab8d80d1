import { DomainError, InvalidInputError } from '#kernel';
import { MAX_VALUE_BYTES } from './agent-state.js';

/** There is none, or it has expired. */
export function stateNotFound(agent: string): DomainError {
  return new DomainError({
    code: 'agent-state-not-found',
    kind: 'not-found',
    detail: `Agent ${agent} has no state in this project. Store one with PUT /v1/agents/:agent/state.`,
  });
}

/** `If-Match` names a state where there is none. */
export function stateAbsent(): DomainError {
  return new DomainError({
    code: 'precondition-failed',
    kind: 'precondition-failed',
    detail:
      'The agent has no state now: it was deleted, has expired, or was never stored. Send the change without If-Match.',
    issues: [{ pointer: '/if-match', in: 'header', detail: 'names a state, and there is none' }],
    currentVersion: null,
  });
}

/** Unknown here, whether or not another workspace, project or agent has it. */
export function checkpointNotFound(checkpoint: string): DomainError {
  return new DomainError({
    code: 'checkpoint-not-found',
    kind: 'not-found',
    detail: `Checkpoint ${checkpoint} was not found for this agent. List them with GET /v1/agents/:agent/checkpoints.`,
  });
}

export function parentUnknown(): DomainError {
  return new InvalidInputError('/parent', 'must be the id of a checkpoint of the same agent', {
    code: 'checkpoint-parent-unknown',
  });
}

export function valueTooLarge(): DomainError {
  return new InvalidInputError('/value', `must be at most ${MAX_VALUE_BYTES} bytes of JSON when merged`);
}
