import { z } from 'zod';
import { clientNameField } from '#conversation';
import type { ImportTally } from '#project';
import { noteKinds, type NoteKind, transcriptFormats } from '../transcripts/transcript.js';
import type { ImportedTranscript } from '../transcripts/transcript-import.service.js';
import { dryRunField } from './transfer.dto.js';

export const transcriptQuery = z.strictObject({
  dryRun: dryRunField,
  format: z.enum(transcriptFormats).optional().meta({ description: 'What the file is; absent: what it looks like.' }),
  externalId: clientNameField()
    .optional()
    .meta({ description: 'Of the conversation, for a file that is messages alone; absent: by what they say.' }),
  user: clientNameField().optional().meta({ description: 'Whose conversations those are that are new.' }),
});

const count = z.int();
const kinds = Object.keys(noteKinds) as [NoteKind, ...NoteKind[]];
const described = kinds.map((kind) => `${kind}: ${noteKinds[kind]}`).join(' ');

export const transcriptResponse = z
  .object({
    project: z.string(),
    dryRun: z.boolean(),
    format: z.enum(transcriptFormats),
    conversations: z.object({
      created: count,
      existing: count.meta({ description: 'Those whose externalId the project had.' }),
      items: z
        .array(
          z.object({
            id: z.uuid().nullable().meta({ description: 'Null where a dry run would make it.' }),
            externalId: z.string(),
            status: z.enum(['created', 'existing']),
          }),
        )
        .meta({ description: 'In the order of the file, 100 at most.' }),
      more: count.meta({ description: 'How many of them items does not name.' }),
    }),
    messages: z.object({
      stored: count,
      duplicates: count.meta({ description: 'Those whose clientId the conversation had.' }),
    }),
    notes: z
      .array(
        z.object({
          kind: z.enum(kinds),
          name: z.string().nullable(),
          count,
          first: z
            .string()
            .meta({ description: 'Where the first one stands, as a JSON Pointer; lines are /lines/17.' }),
        }),
      )
      .meta({ description: `What is not in the conversations as it is in the file. ${described}` }),
  })
  .meta({ id: 'ImportedTranscript' });

export function toTranscriptResponse(
  { project, dryRun }: { readonly project: string; readonly dryRun: boolean },
  { format, conversations, named, messages, notes }: ImportedTranscript,
): z.infer<typeof transcriptResponse> {
  const stored = ({ created, newVersions }: ImportTally) => created + newVersions;
  return {
    project,
    dryRun,
    format,
    conversations: {
      created: conversations.created,
      existing: conversations.skipped,
      items: [...named],
      more: conversations.created + conversations.skipped - named.length,
    },
    messages: { stored: stored(messages), duplicates: messages.skipped },
    notes: [...notes],
  };
}
