/** Who wrote a row. Nothing that a client sends says it: it follows from the credential. */
export interface Authorship {
  /**
   * Id of the principal that wrote it here (`key:<id>`, `jwt:<subject>`); of what was imported, who imported it. Null: the
   * server made it by itself, or it is older than this field.
   */
  readonly createdBy: string | null;
  /** Who wrote it where it was exported, as the file says, which nobody has checked; null: it was not imported. */
  readonly importedAuthor: string | null;
}

/** Who wrote it first, as far as it is known: what a file says of it. */
export function firstAuthorOf({ createdBy, importedAuthor }: Authorship): string | null {
  return importedAuthor ?? createdBy;
}
