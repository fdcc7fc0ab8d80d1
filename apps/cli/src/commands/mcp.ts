import { UsageError } from '../cli-error.js';
import type { Command } from '../command.js';
import { parseOptions } from '../parse-options.js';

const SYNOPSIS = 'mcp [--profile core|full] [--project <slug>] [--results structured|text] [--workspace <slug>]';

const options = {
  profile: { type: 'string', default: 'core' },
  project: { type: 'string' },
  results: { type: 'string' },
  workspace: { type: 'string', default: 'default' },
} as const;

export const mcp: Command = {
  synopsis: SYNOPSIS,
  summary: 'Speak the Model Context Protocol on standard input and output, for the running server',
  async run(args) {
    const { profile, project, results, workspace } = parseOptions(args, SYNOPSIS, options).values;
    if (profile !== 'core' && profile !== 'full') throw new UsageError('--profile takes core or full.', SYNOPSIS);
    if (results !== undefined && results !== 'structured' && results !== 'text')
      throw new UsageError('--results takes structured or text.', SYNOPSIS);
    const { runMcp } = await import('../mcp/run-mcp.js');
    return runMcp({ profile, project, results, workspace });
  },
};
