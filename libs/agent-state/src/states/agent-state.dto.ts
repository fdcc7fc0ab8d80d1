import { z } from 'zod';
import { authorFields, pageOf, pageQuery, toAuthorResponse } from '#http';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { type AgentState, type AgentSummary, MAX_TTL_SECONDS, MAX_VALUE_BYTES, valueBytes } from '../agent-state.js';

const MAX_AGENT_LENGTH = 200;
const CONTROL = /\p{Cc}/u;

export const agentName = z
  .string()
  .max(MAX_AGENT_LENGTH)
  .refine((text) => text.trim() !== '', 'must not be empty')
  .refine((text) => !CONTROL.test(text), 'must not hold control characters')
  // URL parsers resolve these two, however they are encoded.
  .refine((text) => text !== '.' && text !== '..', 'must not be . or .., which no path can name')
  .meta({ description: 'Name of the agent, unique in the project. It is made on first write.' });

/** Of any JSON: what a request may hold at all was looked at when it was read. */
const anyJson = z.unknown();
const ttlSeconds = z.int().min(1).max(MAX_TTL_SECONDS);
export const restoredTtlSeconds = ttlSeconds
  .nullish()
  .meta({ description: 'Seconds from now until the state is gone. Absent or null: it never expires.' });

export const agentParams = z.strictObject({ agent: agentName });
export const ofProject = { project: projectSlug.default(DEFAULT_PROJECT) };
export const stateQuery = z.strictObject(ofProject);
export const agentsQuery = z.strictObject({ ...pageQuery, ...ofProject });

export const putStateBody = z.strictObject({
  ...ofProject,
  value: anyJson
    .refine((value) => value !== undefined, 'is required; null is a value')
    .refine(
      (value) => value === undefined || valueBytes(value) <= MAX_VALUE_BYTES,
      `must be at most ${MAX_VALUE_BYTES} bytes of JSON`,
    )
    .meta({ description: `Any JSON value, kept as it is given; at most ${MAX_VALUE_BYTES} bytes of JSON.` }),
  ttlSeconds: restoredTtlSeconds,
});

export const patchStateBody = z
  .strictObject({
    ...ofProject,
    value: anyJson.optional().meta({
      description:
        'A JSON merge patch (RFC 7396): null removes a key, objects are merged, what is no object replaces all of it.',
    }),
    ttlSeconds: ttlSeconds.nullish().meta({
      description: 'Seconds from now until the state is gone. Absent: its expiry stays; null: it never expires.',
    }),
  })
  .refine(({ value, ttlSeconds: life }) => value !== undefined || life !== undefined, {
    path: ['value'],
    error: 'is missing: send value, ttlSeconds, or both',
  });

export const stateResponse = z
  .object({
    id: z.uuid().meta({ description: 'Of this state, from its creation until it is deleted or expires.' }),
    agent: z.string(),
    project: z.string(),
    version: z.int().meta({ description: 'Grows with each write; none comes again, also not after a deletion.' }),
    value: anyJson.meta({ description: 'Any JSON value.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable().meta({ description: 'From then on there is no state; null: never.' }),
    ...authorFields,
  })
  .meta({ id: 'AgentState' });

export const agentsResponse = pageOf(
  z
    .object({
      agent: z.string(),
      project: z.string(),
      version: z.int(),
      sizeBytes: z.int().meta({ description: 'Of the value, as JSON in UTF-8.' }),
      createdAt: z.iso.datetime(),
      updatedAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().nullable(),
    })
    .meta({ id: 'Agent' }),
);

export function toStateResponse(state: AgentState): z.infer<typeof stateResponse> {
  const { id, agent, project, version, value } = state;
  return { id, agent, project, version, value, ...timesOf(state), ...toAuthorResponse(state) };
}

export function toAgentResponse(summary: AgentSummary): z.infer<typeof agentsResponse>['items'][number] {
  const { agent, project, version, sizeBytes } = summary;
  return { agent, project, version, sizeBytes, ...timesOf(summary) };
}

function timesOf({ createdAt, updatedAt, expiresAt }: Pick<AgentState, 'createdAt' | 'updatedAt' | 'expiresAt'>) {
  return {
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
  };
}
