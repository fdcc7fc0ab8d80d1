import { createHash } from 'node:crypto';

const MARK_LENGTH = 8;
const MARK = /.{8}/g;

/**
 * The hits that earlier pages have shown, small enough for a cursor: 48 bits of the SHA-256 of each id. Two of the at
 * most 500 hits of a search have the same mark once in two billion searches, and then one of them is not shown.
 */
export class SeenHits {
  private readonly marks: Set<string>;

  /** @param packed what `pack` gave */
  constructor(packed = '') {
    this.marks = new Set(packed.match(MARK));
  }

  get count(): number {
    return this.marks.size;
  }

  has(id: string): boolean {
    return this.marks.has(markOf(id));
  }

  /** These and the ones given, as text. */
  packWith(ids: readonly string[]): string {
    return [...new Set([...this.marks, ...ids.map(markOf)])].join('');
  }
}

function markOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, MARK_LENGTH);
}
