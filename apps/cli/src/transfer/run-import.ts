import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { loadConfig } from '#config';
import { readHeader } from '#transfer';
import { ExitCode, UsageError } from '../cli-error.js';
import { inWords, Progress, textTable } from '../terminal.js';
import { findServer } from '../server/find-server.js';
import { IMPORT_SYNOPSIS } from '../usage.js';
import { lengthOf, sent } from './sent-file.js';

interface ImportOptions {
  /** Absent: the project that the file is of. */
  readonly project: string | undefined;
  readonly dryRun: boolean;
  readonly conflict: string;
  readonly workspace: string;
  readonly json: boolean;
}

const KINDS = [
  'sessions',
  'entries',
  'contexts',
  'handovers',
  'agentStates',
  'checkpoints',
  'conversations',
  'messages',
] as const;

interface Tally {
  readonly created: number;
  readonly overwritten: number;
  readonly newVersions: number;
  readonly skipped: number;
}

type Imported = { readonly project: string; readonly dryRun: boolean; readonly broughtBack?: number } & Readonly<
  Record<(typeof KINDS)[number], Tally>
>;

/** The server checks all of the file before it writes anything. */
export async function runImport(path: string, options: ImportOptions): Promise<ExitCode> {
  const { workspace, json, conflict, dryRun } = options;
  const length = path === '-' ? undefined : await lengthOf(path);
  const project = options.project ?? (await projectOfFile(path));
  const server = await findServer(loadConfig(process.env), workspace);
  const progress = new Progress();
  try {
    const file = path === '-' ? process.stdin : createReadStream(path);
    const imported = await server.upload<Imported>(
      `/v1/projects/${project}/import`,
      { conflict, dryRun: String(dryRun) },
      sent(file, (bytes) => progress.step(bytes, length, 'bytes sent')),
      // A connection that breaks and is tried again by somebody between must not import twice.
      { 'idempotency-key': randomUUID() },
    );
    progress.end();
    if (KINDS.some((kind) => imported[kind] === undefined)) throw server.foreign();
    console.log(json ? JSON.stringify(imported) : shown(imported));
    return ExitCode.ok;
  } finally {
    progress.end();
  }
}

async function projectOfFile(path: string): Promise<string> {
  if (path === '-') throw new UsageError('An import from standard input needs --project.', IMPORT_SYNOPSIS);
  return (await readHeader(createReadStream(path))).project;
}

function shown(imported: Imported): string {
  const rows = KINDS.map((kind) => {
    const { created, overwritten, newVersions, skipped } = imported[kind];
    return [inWords(kind), created, overwritten, newVersions, skipped];
  });
  const what = imported.dryRun ? 'Nothing was written. An import into' : 'Imported into';
  return [
    `${what} ${imported.project}${imported.dryRun ? ' would do this:' : ':'}`,
    textTable(['', 'new', 'overwritten', 'new versions', 'left as they are'], rows),
    ...((imported.broughtBack ?? 0) === 0
      ? []
      : [`${imported.broughtBack} contexts had been deleted for good, and are there again.`]),
  ].join('\n');
}
