import { z } from 'zod';
import { entityId, pageOf, pageQuery, textField } from '#http';
import { isUuid, MAX_METADATA_BYTES, metadataBytes } from '#kernel';
import type { Checkpoint, CheckpointSummary } from '../agent-state.js';
import { agentParams, ofProject, restoredTtlSeconds } from '../states/agent-state.dto.js';

const MAX_NAME_LENGTH = 200;

export const checkpointName = textField(MAX_NAME_LENGTH)
  .refine((text) => !isUuid(text), 'must not be a UUID, which names a checkpoint by its id')
  .meta({ description: 'Need not be unique: a name means the newest checkpoint that has it.' });
const parent = entityId('must be the id of a checkpoint');
const metadata = z
  .record(z.string().max(200), z.json())
  .refine((value) => metadataBytes(value) <= MAX_METADATA_BYTES, `must be at most ${MAX_METADATA_BYTES} bytes of JSON`)
  .meta({ description: 'Free data of the client, kept as it is, but for the order of names in an object.' });

export const createCheckpointBody = z.strictObject({
  ...ofProject,
  name: checkpointName,
  parent: parent.nullish().meta({ description: 'The checkpoint of the same agent that this one goes on from.' }),
  metadata: metadata.default({}),
});
export const checkpointParams = z.strictObject({ ...agentParams.shape, id: entityId() });
export const checkpointQuery = z.strictObject(ofProject);
export const checkpointsQuery = z.strictObject({
  ...pageQuery,
  ...ofProject,
  name: textField(MAX_NAME_LENGTH).optional(),
  parent: parent.optional(),
});
export const restoreStateBody = z.strictObject({
  ...ofProject,
  checkpoint: textField(MAX_NAME_LENGTH).meta({ description: 'Its id, or a name: the newest checkpoint that has it.' }),
  ttlSeconds: restoredTtlSeconds,
});

const summaryFields = {
  id: z.uuid(),
  agent: z.string(),
  project: z.string(),
  name: z.string(),
  parent: z.uuid().nullable().meta({ description: 'Null also where the parent was deleted.' }),
  version: z.int().meta({ description: 'Of the state that it was made of.' }),
  metadata: z.record(z.string(), z.json()),
  createdAt: z.iso.datetime(),
};
export const checkpointSummaryResponse = z.object(summaryFields).meta({ id: 'CheckpointSummary' });
export const checkpointResponse = z
  .object({ ...summaryFields, value: z.unknown().meta({ description: 'Any JSON value.' }) })
  .meta({ id: 'Checkpoint' });
export const checkpointsResponse = pageOf(checkpointSummaryResponse);

export function toCheckpointSummaryResponse(checkpoint: CheckpointSummary): z.infer<typeof checkpointSummaryResponse> {
  const { id, agent, project, name, parentId, version, metadata: data, createdAt } = checkpoint;
  return {
    id,
    agent,
    project,
    name,
    parent: parentId,
    version,
    // It came in as JSON, so it goes out as JSON.
    metadata: data as z.infer<typeof checkpointSummaryResponse>['metadata'],
    createdAt: createdAt.toISOString(),
  };
}

export function toCheckpointResponse(checkpoint: Checkpoint): z.infer<typeof checkpointResponse> {
  return { ...toCheckpointSummaryResponse(checkpoint), value: checkpoint.value };
}
