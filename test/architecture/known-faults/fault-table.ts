/** A fault that users, operators or attackers met, and what proves that it is gone: texts that stand in tests or checks. */
interface KnownFault {
  readonly fault: string;
  readonly provedBy: readonly (readonly [file: string, text: string])[];
}

export type FaultsByKind = Readonly<Record<string, readonly KnownFault[]>>;
