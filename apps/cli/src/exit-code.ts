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
