import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { loadConfig } from '#config';
import { ExitCode } from '../cli-error.js';
import { findServer } from '../server/find-server.js';
import { Progress, textTable } from '../terminal.js';
import { lengthOf, sent } from './sent-file.js';

interface TranscriptOptions {
  readonly project: string;
  /** Absent: by what the file holds. */
  readonly format: string | undefined;
  readonly externalId: string | undefined;
  readonly user: string | undefined;
  readonly dryRun: boolean;
  readonly workspace: string;
  readonly json: boolean;
}

/** Conversations that are shown; `--json` has those that the server names. */
const MOST_SHOWN = 10;

interface Imported {
  readonly project: string;
  readonly dryRun: boolean;
  readonly format: string;
  readonly conversations: {
    readonly created: number;
    readonly existing: number;
    readonly items: readonly { readonly id: string | null; readonly externalId: string; readonly status: string }[];
    readonly more: number;
  };
  readonly messages: { readonly stored: number; readonly duplicates: number };
  readonly notes: readonly {
    readonly kind: string;
    readonly name: string | null;
    readonly count: number;
    readonly first: string;
  }[];
}

/** The server reads all of the file before it writes anything. */
export async function runImportTranscript(path: string, options: TranscriptOptions): Promise<ExitCode> {
  const { project, format, externalId, user, workspace, json, dryRun } = options;
  const length = path === '-' ? undefined : await lengthOf(path);
  const server = await findServer(loadConfig(process.env), workspace);
  const progress = new Progress();
  try {
    const file = path === '-' ? process.stdin : createReadStream(path);
    const imported = await server.upload<Imported>(
      `/v1/projects/${project}/transcripts`,
      {
        dryRun: String(dryRun),
        ...(format === undefined ? {} : { format }),
        ...(externalId === undefined ? {} : { externalId }),
        ...(user === undefined ? {} : { user }),
      },
      sent(file, (bytes) => progress.step(bytes, length, 'bytes sent')),
      // A connection that breaks and is tried again by somebody between must not import twice.
      { 'idempotency-key': randomUUID() },
    );
    progress.end();
    if (imported.messages?.stored === undefined || imported.conversations?.items === undefined) throw server.foreign();
    console.log(json ? JSON.stringify(imported) : shown(imported));
    return ExitCode.ok;
  } finally {
    progress.end();
  }
}

function shown({ project, dryRun, format, conversations, messages, notes }: Imported): string {
  const what = dryRun ? 'Nothing was written. An import into' : 'Imported into';
  const rows = [
    ['conversations', conversations.created, conversations.existing],
    ['messages', messages.stored, messages.duplicates],
  ];
  const lines = [
    `${what} ${project}${dryRun ? ' would do this' : ''}, from the format ${format}:`,
    textTable(['', 'new', 'there already'], rows),
  ];
  const named = conversations.items.slice(0, MOST_SHOWN);
  const more = conversations.items.length - named.length + conversations.more;
  if (named.length > 0)
    lines.push(
      textTable(
        ['conversation', 'externalId', ''],
        named.map(({ id, externalId, status }) => [id ?? '', externalId, status]),
      ),
    );
  if (more > 0) lines.push(`and ${more} more`);
  if (notes.length > 0) {
    const reported = notes.map(({ kind, name, count, first }) => [
      name === null ? kind : `${kind} (${name})`,
      count,
      first,
    ]);
    lines.push(textTable(['not as in the file', 'how many', 'first at'], reported));
  }
  return lines.join('\n');
}
