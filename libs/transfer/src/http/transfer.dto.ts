import { z } from 'zod';
import { conflictStrategies, projectSlug } from '#project';
import type { ImportedFile, ReceivedFile } from '../import.service.js';
import type { ImportPlan } from '../import-transactions.js';

export const projectParams = z.strictObject({ project: projectSlug });
export const noQuery = z.strictObject({});

export const dryRunField = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true')
  .meta({ description: 'True: reports what would be done, and writes nothing.' });

export const importQuery = z.strictObject({
  dryRun: dryRunField,
  conflict: z.enum(conflictStrategies).default('skip').meta({
    description:
      'What is done with things that are in the project already: left as they are, overwritten, or (a context whose number has another text) added as a new version; a message whose number has another one goes behind the newest.',
  }),
});

const count = z.int();
const tally = z.object({
  created: count,
  overwritten: count,
  newVersions: count.meta({ description: 'Contexts and messages that got another number than they have in the file.' }),
  skipped: count,
});

export const importedResponse = z
  .object({
    project: z.string(),
    dryRun: z.boolean(),
    conflict: z.enum(conflictStrategies),
    file: z.object({
      project: z.string(),
      exportedAt: z.iso.datetime(),
      formatVersion: z.int(),
      productVersion: z.string(),
    }),
    sessions: tally,
    entries: tally,
    contexts: tally.meta({ description: 'Versions.' }),
    handovers: tally,
    agentStates: tally,
    checkpoints: tally,
    conversations: tally,
    messages: tally,
    broughtBack: count.meta({
      description:
        'Texts of contexts that were deleted from the project for good, and are there again. 0 for a dry run.',
    }),
  })
  .meta({ id: 'ImportedProject' });

export function toImportedResponse(
  command: ImportPlan,
  { header }: ReceivedFile,
  { tallies, broughtBack }: ImportedFile,
): z.infer<typeof importedResponse> {
  const { project, dryRun, conflict } = command;
  const { exportedAt, formatVersion, productVersion } = header;
  return {
    project,
    dryRun,
    conflict,
    file: { project: header.project, exportedAt, formatVersion, productVersion },
    ...tallies,
    broughtBack,
  };
}
