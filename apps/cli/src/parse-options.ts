import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './cli-error.js';

/**
 * The options of a command, and at most `maxPositionals` arguments besides.
 * @throws UsageError for anything the command does not know, with how to call it.
 */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  synopsis: string,
  options: Options,
  maxPositionals = 0,
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: maxPositionals > 0, strict: true });
    if (parsed.positionals.length <= maxPositionals) return parsed;
  } catch (error) {
    throw new UsageError((error as Error).message, synopsis);
  }
  throw new UsageError('There are too many arguments.', synopsis);
}

/** What every command takes. */
export const JSON_OPTION = { json: { type: 'boolean', default: false } } as const;
