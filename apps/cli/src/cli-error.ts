import { ExitCode } from './exit-code.js';

/** An end with a message for a person and a code for a script. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A command was called in a way it does not understand. The message says how to call it. */
export class UsageError extends CliError {
  constructor(message: string, synopsis?: string) {
    super(synopsis === undefined ? message : `${message}\n\nUsage: keepsake ${synopsis}`, ExitCode.usage);
  }
}
