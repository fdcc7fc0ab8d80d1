import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { UsageError } from './cli-error.js';
import { commands, usage } from './commands.js';
import { describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import { version } from './version.js';

async function run([name, ...args]: readonly string[]): Promise<ExitCode> {
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    console.log(usage());
    return ExitCode.ok;
  }
  if (['version', '--version', '-v'].includes(name)) {
    console.log(version());
    return ExitCode.ok;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.\n\n${usage()}`);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`Usage: keepsake ${command.synopsis}\n\n${command.summary}`);
    return ExitCode.ok;
  }
  return command.run(args);
}

try {
  // What the environment says already is not changed by the file.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const exitCode = await run(process.argv.slice(2));
  // Nothing that was left open may keep a finished command alive; output that is still on its way is written first.
  process.stdout.write('', () => process.exit(exitCode));
} catch (error) {
  const { message, exitCode } = describeError(error);
  process.stderr.write(`${message}\n`, () => process.exit(exitCode));
}
