import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { ConfigError } from '#config';
import { DataFolderLockedError } from '#database';
import { commands, usage } from './commands.js';
import { UsageError } from './usage-error.js';

/** Exit codes of sysexits.h: 64 a wrong call, 69 something needed is not there, 70 a defect, 78 a wrong configuration. */
const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;
const EX_SOFTWARE = 70;

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const [name = 'help', ...args] = process.argv.slice(2);
  if (['help', '--help', '-h'].includes(name)) {
    console.log(usage());
    return;
  }
  const command = commands[name];
  if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.\n\n${usage()}`);
  process.exitCode = await command.run(args);
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    console.error(error.message);
    process.exit(ConfigError.exitCode);
  }
  if (error instanceof UsageError) {
    console.error(error.message);
    process.exit(EX_USAGE);
  }
  if (error instanceof DataFolderLockedError) {
    console.error(error.message);
    process.exit(EX_UNAVAILABLE);
  }
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(EX_SOFTWARE);
});
