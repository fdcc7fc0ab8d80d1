import { UsageError } from '../cli-error.js';
import type { Command } from '../command.js';
import { JSON_OPTION, parseOptions } from '../parse-options.js';
import { EXPORT_SYNOPSIS, projectOf } from '../transfer/transfer-usage.js';

const options = {
  output: { type: 'string' },
  workspace: { type: 'string', default: 'default' },
  ...JSON_OPTION,
} as const;

export const exportCommand: Command = {
  synopsis: EXPORT_SYNOPSIS,
  summary: 'Write a project of the running server to a file, with everything in it',
  async run(args) {
    const { values, positionals } = parseOptions(args, EXPORT_SYNOPSIS, options, 1);
    const [name] = positionals;
    if (name === undefined) throw new UsageError('export needs the name of a project.', EXPORT_SYNOPSIS);
    const project = projectOf(name, EXPORT_SYNOPSIS);
    if (values.output === '') throw new UsageError('--output takes a file, or - for standard output.', EXPORT_SYNOPSIS);
    if (values.output === '-' && values.json)
      throw new UsageError('Standard output holds the file or JSON, not both.', EXPORT_SYNOPSIS);
    const { runExport } = await import('../transfer/run-export.js');
    return runExport(project, values);
  },
};
