import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './cli-error.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The options of a command, and at most `maxPositionals` arguments besides.
 * @throws UsageError for anything the command does not know, in one sentence, with how to call it
 */
export function parseOptions<const Known extends Options>(
  args: readonly string[],
  synopsis: string,
  options: Known,
  maxPositionals = 0,
) {
  const mistake = mistakeIn(args, options, maxPositionals);
  if (mistake !== undefined) throw new UsageError(mistake, synopsis);
  return parseArgs({ args: [...args], options, allowPositionals: maxPositionals > 0, strict: true });
}

/** What of a call can't be meant: Node's own words for it are of its interface, and change with its versions. */
function mistakeIn(args: readonly string[], options: Options, maxPositionals: number): string | undefined {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) return `There is no option ${rawName}.`;
    if (option.type === 'boolean') {
      if (value !== undefined) return `${rawName} takes no value.`;
      continue;
    }
    if (value === undefined) return `${rawName} needs a value.`;
    if (!token.inlineValue && value.length > 1 && value.startsWith('-'))
      return `${rawName} needs a value, and ${JSON.stringify(value)} looks like an option: write ${rawName}=${value} where it is meant.`;
    if (seen.has(name)) return `${rawName} is there twice.`;
    seen.add(name);
  }
  return positionals.length > maxPositionals ? 'There are too many arguments.' : undefined;
}
