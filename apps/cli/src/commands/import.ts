import { UsageError } from '../cli-error.js';
import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';
import { IMPORT_SYNOPSIS, projectOf } from '../transfer/transfer-usage.js';

const options = {
  project: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  conflict: { type: 'string', default: 'skip' },
  workspace: { type: 'string', default: 'default' },
  ...JSON_OPTION,
} as const;

const CONFLICTS = ['skip', 'overwrite', 'new_version'];

export const importCommand: Command = {
  synopsis: IMPORT_SYNOPSIS,
  summary: 'Bring an exported file into a project of the running server: all of it, or nothing',
  async run(args) {
    const { values, positionals } = parseOptions(args, IMPORT_SYNOPSIS, options, 1);
    const [file] = positionals;
    if (file === undefined || file === '')
      throw new UsageError('import needs a file, or - for standard input.', IMPORT_SYNOPSIS);
    if (!CONFLICTS.includes(values.conflict))
      throw new UsageError(`--conflict takes one of ${CONFLICTS.join(', ')}.`, IMPORT_SYNOPSIS);
    const project = values.project === undefined ? undefined : projectOf(values.project, IMPORT_SYNOPSIS);
    const { conflict, workspace, json, 'dry-run': dryRun } = values;
    const { runImport } = await import('../transfer/run-import.js');
    return runImport(file, { project, conflict, workspace, json, dryRun });
  },
};
