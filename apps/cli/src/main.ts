import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { CliError, ExitCode, UsageError } from './cli-error.js';
import type { Command } from './command.js';
import { commands, usage } from './commands.js';

const isJson = process.argv.includes('--json');

async function run([name, ...args]: readonly string[]): Promise<ExitCode> {
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    const topic = args.find((arg) => !arg.startsWith('-'));
    if (topic !== undefined) return showHelp(commandOf(topic));
    console.log(isJson ? JSON.stringify({ commands: Object.values(commands) }) : usage());
    return ExitCode.ok;
  }
  if (['version', '--version', '-v'].includes(name)) {
    // Loaded when it is asked for: the kernel brings Nest along.
    // Without the rest of the kernel, which loads Nest.
    const { productVersion } = await import('../../../libs/kernel/src/product.js');
    console.log(isJson ? JSON.stringify({ version: productVersion(), node: process.versions.node }) : productVersion());
    return ExitCode.ok;
  }
  const command = commandOf(name);
  return args.includes('--help') || args.includes('-h') ? showHelp(command) : command.run(args);
}

/** @throws UsageError */
function commandOf(name: string): Command {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.\n\n${usage()}`);
  return command;
}

function showHelp(command: Command): ExitCode {
  console.log(isJson ? JSON.stringify(command) : `Usage: keepsake ${command.synopsis}\n\n${command.summary}`);
  return ExitCode.ok;
}

/** Knowing the errors of every library means loading them. */
async function described(error: unknown): Promise<{ message: string; exitCode: ExitCode }> {
  const { describeError } = await import('./describe-error.js');
  return describeError(error);
}

try {
  // What the environment says already is not changed by the file.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const exitCode = await run(process.argv.slice(2));
  // Nothing that was left open may keep a finished command alive; output that is still on its way is written first.
  process.stdout.write('', () => process.exit(exitCode));
} catch (error) {
  const { message, exitCode } = error instanceof CliError ? error : await described(error);
  const said = isJson ? JSON.stringify({ error: { message, exitCode } }) : message;
  process.stderr.write(`${said}\n`, () => process.exit(exitCode));
}
