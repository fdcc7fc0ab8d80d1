import { UsageError } from './cli-error.js';
import { type Command, SERVER_OPTIONS } from './command.js';
import { parseOptions } from './parse-options.js';
import {
  EXPORT_SYNOPSIS,
  FORGET_SYNOPSIS,
  IMPORT_SYNOPSIS,
  projectOf,
  TOMBSTONES_SYNOPSIS,
  TRANSCRIPT_SYNOPSIS,
} from './usage.js';

const exportOptions = {
  output: { type: 'string' },
  ...SERVER_OPTIONS,
} as const;

export const exportCommand: Command = {
  synopsis: EXPORT_SYNOPSIS,
  summary: 'Write a project of the running server to a file, with everything in it',
  async run(args) {
    const { values, positionals } = parseOptions(args, EXPORT_SYNOPSIS, exportOptions, 1);
    const [name] = positionals;
    if (name === undefined) throw new UsageError('export needs the name of a project.', EXPORT_SYNOPSIS);
    const project = projectOf(name, EXPORT_SYNOPSIS);
    if (values.output === '') throw new UsageError('--output takes a file, or - for standard output.', EXPORT_SYNOPSIS);
    if (values.output === '-' && values.json)
      throw new UsageError('Standard output holds the file or JSON, not both.', EXPORT_SYNOPSIS);
    const { runExport } = await import('./transfer/run-export.js');
    return runExport(project, values);
  },
};

const importOptions = {
  project: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  conflict: { type: 'string', default: 'skip' },
  ...SERVER_OPTIONS,
} as const;

const CONFLICTS = ['skip', 'overwrite', 'new_version'];

export const importCommand: Command = {
  synopsis: IMPORT_SYNOPSIS,
  summary: 'Bring an exported file into a project of the running server: all of it, or nothing',
  async run(args) {
    const { values, positionals } = parseOptions(args, IMPORT_SYNOPSIS, importOptions, 1);
    const [file] = positionals;
    if (file === undefined || file === '')
      throw new UsageError('import needs a file, or - for standard input.', IMPORT_SYNOPSIS);
    if (!CONFLICTS.includes(values.conflict))
      throw new UsageError(`--conflict takes one of ${CONFLICTS.join(', ')}.`, IMPORT_SYNOPSIS);
    const project = values.project === undefined ? undefined : projectOf(values.project, IMPORT_SYNOPSIS);
    const { conflict, workspace, json, 'dry-run': dryRun } = values;
    const { runImport } = await import('./transfer/run-import.js');
    return runImport(file, { project, conflict, workspace, json, dryRun });
  },
};

const transcriptOptions = {
  project: { type: 'string', default: 'default' },
  format: { type: 'string' },
  'external-id': { type: 'string' },
  user: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  ...SERVER_OPTIONS,
} as const;

const TRANSCRIPT_FORMATS = ['openai', 'anthropic', 'chatgpt', 'claude', 'claude-code', 'codex'];

export const importTranscript: Command = {
  synopsis: TRANSCRIPT_SYNOPSIS,
  summary: 'Bring what was said elsewhere into conversations of a project; the same file again adds nothing',
  async run(args) {
    const { values, positionals } = parseOptions(args, TRANSCRIPT_SYNOPSIS, transcriptOptions, 1);
    const [file] = positionals;
    if (file === undefined || file === '')
      throw new UsageError('import-transcript needs a file, or - for standard input.', TRANSCRIPT_SYNOPSIS);
    const { format, user, workspace, json, 'dry-run': dryRun, 'external-id': externalId } = values;
    if (format !== undefined && !TRANSCRIPT_FORMATS.includes(format))
      throw new UsageError(`--format takes one of ${TRANSCRIPT_FORMATS.join(', ')}.`, TRANSCRIPT_SYNOPSIS);
    const project = projectOf(values.project, TRANSCRIPT_SYNOPSIS);
    const { runImportTranscript } = await import('./transfer/run-import-transcript.js');
    return runImportTranscript(file, { project, format, externalId, user, workspace, json, dryRun });
  },
};

const forgetOptions = {
  id: { type: 'string' },
  'all-versions': { type: 'boolean', default: false },
  tombstone: { type: 'boolean', default: false },
  reason: { type: 'string' },
  yes: { type: 'boolean', default: false },
  ...SERVER_OPTIONS,
} as const;

export const forget: Command = {
  synopsis: FORGET_SYNOPSIS,
  summary: 'Delete a context of a project for good; with --tombstone the project refuses its text from then on',
  async run(args) {
    const { values, positionals } = parseOptions(args, FORGET_SYNOPSIS, forgetOptions, 2);
    const { runForget } = await import('./forgetting/run-forget.js');
    return runForget(positionals, values);
  },
};

const tombstonesOptions = {
  yes: { type: 'boolean', default: false },
  ...SERVER_OPTIONS,
} as const;

export const tombstones: Command = {
  synopsis: TOMBSTONES_SYNOPSIS,
  summary:
    'List the texts that a project refuses, without the texts; lift a tombstone, so that its text is taken again',
  async run(args) {
    const { values, positionals } = parseOptions(args, TOMBSTONES_SYNOPSIS, tombstonesOptions, 3);
    const { runTombstones } = await import('./forgetting/run-tombstones.js');
    return runTombstones(positionals, values);
  },
};
