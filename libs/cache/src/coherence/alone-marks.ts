/**
 * Which local entries may answer alone. A mark is set before the shared read that brings the entry, falls with any news
 * about the entry's key or one of its stamps, and must still stand when the entry is kept: so news that overtakes the
 * read is not lost.
 */
export class AloneMarks {
  private readonly marks = new Map<
    string,
    { readonly token: number; readonly stampKeys: readonly string[]; settled: boolean }
  >();
  private readonly keysByStamp = new Map<string, Set<string>>();
  private lastToken = 0;

  /** Sets the pending mark of a read that is about to be sent. A mark that another read set is replaced. */
  begin(key: string, stampKeys: readonly string[]): number {
    this.drop(key);
    const token = ++this.lastToken;
    this.marks.set(key, { token, stampKeys, settled: false });
    for (const stampKey of stampKeys) {
      let keys = this.keysByStamp.get(stampKey);
      if (keys === undefined) this.keysByStamp.set(stampKey, (keys = new Set()));
      keys.add(key);
    }
    return token;
  }

  /** Whether the mark still stands. From now on the entry may answer alone. */
  settle(key: string, token: number): boolean {
    const mark = this.marks.get(key);
    if (mark === undefined || mark.token !== token) return false;
    mark.settled = true;
    return true;
  }

  mayAnswer(key: string): boolean {
    return this.marks.get(key)?.settled === true;
  }

  drop(key: string): void {
    const mark = this.marks.get(key);
    if (mark === undefined) return;
    this.marks.delete(key);
    for (const stampKey of mark.stampKeys) {
      const keys = this.keysByStamp.get(stampKey);
      keys?.delete(key);
      if (keys?.size === 0) this.keysByStamp.delete(stampKey);
    }
  }

  /** News about a key: an entry or a stamp. */
  changed(key: string): void {
    const keys = this.keysByStamp.get(key);
    if (keys !== undefined) keys.forEach((entryKey) => this.drop(entryKey));
    this.drop(key);
  }

  clear(): void {
    this.marks.clear();
    this.keysByStamp.clear();
  }
}
