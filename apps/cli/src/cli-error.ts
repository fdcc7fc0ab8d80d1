/** What the program ends with, after sysexits.h where that has a word for it. */
export const ExitCode = {
  ok: 0,
  /** The call was understood and refused: an unknown key, a missing scope. */
  refused: 1,
  usage: 64,
  /** Something that is needed is not there: the database, the data folder, the port. */
  unavailable: 69,
  defect: 70,
  configuration: 78,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

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
