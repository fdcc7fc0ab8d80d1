import type { JsonSchema, ObjectSchema } from '../../routes/json-schema.js';
import { MERGE_PATCH } from '../strict-schema.js';
import type { ToolDefinition } from '../tool.js';

const SIMPLE: readonly JsonSchema[] = [{ type: 'object' }, { type: 'string' }, { type: 'number' }, { type: 'boolean' }];

/** Some clients ask for a type everywhere, so that a value of any type is a union of them. */
function ofAnyType(input: ObjectSchema): ObjectSchema {
  const value = {
    description:
      'Any JSON value; at most 1 MiB of JSON. A text that is an object or a list in JSON is stored as that value.',
    anyOf: [...SIMPLE, { type: 'array', items: { anyOf: SIMPLE } }],
  };
  return { ...input, properties: { ...input.properties, value } };
}

/** A patch that is no object would take the place of the whole state: that is what `agent_state_put` is for. */
function ofObject(input: ObjectSchema): ObjectSchema {
  const { ttlSeconds = {} } = input.properties;
  // Null is what models write for an argument that they leave out.
  const description =
    'Seconds from now until the state is gone. Absent: its expiry stays; agent_state_put takes it away.';
  const properties = {
    value: { type: 'object', description: MERGE_PATCH },
    ttlSeconds: { ...ttlSeconds, description },
  };
  return { ...input, properties: { ...input.properties, ...properties } };
}

export const agentTools: readonly ToolDefinition[] = [
  {
    name: 'agent_state_get',
    title: 'Read the state of an agent',
    description:
      'The working value that an agent stored in a project, with its version; a long one in parts of its JSON, by offset and length.',
    route: 'GET /v1/agents/:agent/state',
    effect: 'reads',
    recalls: true,
    pages: 'value',
    pageOf: 'json',
  },
  {
    name: 'agent_state_put',
    title: 'Store the state of an agent',
    description:
      'Store any JSON value as the working state of an agent, in the place of what is there. ttlSeconds ends it by itself.',
    route: 'PUT /v1/agents/:agent/state',
    effect: 'changes',
    refine: ofAnyType,
    omits: ['/value'],
  },
  {
    name: 'agent_state_update',
    title: 'Change the state of an agent',
    description: 'Merge a JSON merge patch into the state of an agent.',
    route: 'PATCH /v1/agents/:agent/state',
    effect: 'changes',
    refine: ofObject,
    pages: 'value',
    pageOf: 'json',
    readsOnWith: 'agent_state_get',
    takesObjects: { value: 'must be an object; agent_state_put stores another value in the place of what is there' },
    recalls: true,
  },
  {
    name: 'agent_state_delete',
    title: 'Delete the state of an agent',
    description: 'Delete the state of an agent for good; its checkpoints stay.',
    route: 'DELETE /v1/agents/:agent/state',
    effect: 'removes',
  },
  {
    name: 'agent_list',
    title: 'List agents',
    description: 'Agents of a project that have a state now, by name, with version and size.',
    route: 'GET /v1/agents',
    effect: 'reads',
  },
  {
    name: 'agent_checkpoint_create',
    title: 'Keep the state of an agent',
    description: 'Keep the state of an agent as it is now, under a name, to restore it later.',
    route: 'POST /v1/agents/:agent/checkpoints',
    effect: 'adds',
    omits: ['/metadata'],
  },
  {
    name: 'agent_checkpoint_list',
    title: 'List checkpoints',
    description: 'Checkpoints of an agent, newest first, without their values.',
    route: 'GET /v1/agents/:agent/checkpoints',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'agent_checkpoint_get',
    title: 'Read a checkpoint',
    description: 'A checkpoint of an agent with its value; a long one in parts of its JSON, by offset and length.',
    route: 'GET /v1/agents/:agent/checkpoints/:id',
    effect: 'reads',
    recalls: true,
    pages: 'value',
    pageOf: 'json',
  },
  {
    name: 'agent_checkpoint_delete',
    title: 'Delete a checkpoint',
    description: 'Delete a checkpoint of an agent for good.',
    route: 'DELETE /v1/agents/:agent/checkpoints/:id',
    effect: 'removes',
  },
  {
    name: 'agent_state_restore',
    title: 'Restore a checkpoint',
    description: 'Store the value of a checkpoint, by its id or name, as the state of its agent.',
    route: 'POST /v1/agents/:agent/restore',
    effect: 'changes',
    recalls: true,
    pages: 'value',
    pageOf: 'json',
    readsOnWith: 'agent_state_get',
  },
];
