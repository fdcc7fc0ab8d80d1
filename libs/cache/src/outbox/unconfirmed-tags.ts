/**
 * Stamps that a reader must not trust: their invalidation has not reached the shared tier for sure. This process's own
 * at once; everybody's once their row is overdue; and all while this process can't see the rows.
 */
export class UnconfirmedTags {
  /** Own stamps that the shared tier has not confirmed, by how many deliveries are under way. */
  private readonly unconfirmed = new Map<string, number>();
  /** Stamps of rows that are overdue, whoever wrote them. */
  private overdue: ReadonlySet<string> = new Set();
  private allOverdue = false;

  /** @param isBlind whether the rows of others could not be seen lately */
  constructor(private readonly isBlind: () => boolean) {}

  get any(): boolean {
    return this.unconfirmed.size > 0 || this.overdue.size > 0 || this.allOverdue || this.isBlind();
  }

  includes(stampKeys: readonly string[]): boolean {
    if (stampKeys.length === 0) return false;
    if (this.allOverdue || this.isBlind()) return true;
    if (this.unconfirmed.size === 0 && this.overdue.size === 0) return false;
    return stampKeys.some((key) => this.unconfirmed.has(key) || this.overdue.has(key));
  }

  /** Own stamps that are not confirmed yet. */
  get own(): string[] {
    return [...this.unconfirmed.keys()];
  }

  /** Adds stamps that are not confirmed until the returned function is called, once. */
  add(stampKeys: readonly string[]): () => void {
    for (const key of stampKeys) this.unconfirmed.set(key, (this.unconfirmed.get(key) ?? 0) + 1);
    return () => {
      for (const key of stampKeys) {
        const left = (this.unconfirmed.get(key) ?? 1) - 1;
        if (left > 0) this.unconfirmed.set(key, left);
        else this.unconfirmed.delete(key);
      }
    };
  }

  /** @param stampKeys of all overdue rows, or `all` where they are too many to name */
  setOverdue(stampKeys: readonly string[] | 'all'): void {
    this.allOverdue = stampKeys === 'all';
    this.overdue = new Set(stampKeys === 'all' ? [] : stampKeys);
  }
}
