/**
 * The steps of the lease protocol on one key of the shared tier, as pure functions. The in-process store runs them as
 * they are, the model checker explores them, and `redis-scripts.ts` says the same in Lua (a test compares the two).
 *
 * A key holds nothing, a lease, or an entry. Safety never rests on a lease alone: an entry carries the stamps and the
 * epoch from before its load, so a fill that slips through is dead on arrival. The lease keeps the work single and
 * keeps a late fill from replacing a better entry.
 */
export type Cell =
  | { readonly kind: 'absent' }
  /** A load for a key that held nothing usable. It lives as long as the key does. */
  | { readonly kind: 'lease'; readonly token: string }
  /** An entry; while it is being refreshed, the token of who does it and until when. */
  | {
      readonly kind: 'entry';
      readonly nonce: string;
      readonly leaseToken: string | null;
      readonly leaseDeadlineMs: number;
    };

const ABSENT: Cell = Object.freeze({ kind: 'absent' });

/**
 * - `fresh-key`: what the caller read is absent, or a dead entry with the nonce it names; the lease takes its place.
 * - `over-entry`: the entry it names stays readable while it is refreshed.
 * - `take-over`: whatever is there, also another's lease: for who knows that the other's load is too old to be of use.
 */
export type LeaseMode = 'fresh-key' | 'over-entry' | 'take-over';

export interface LeaseRequest {
  readonly token: string;
  readonly mode: LeaseMode;
  /** The nonce of the entry that was read; '' where the key was absent. */
  readonly nonce: string;
  readonly leaseMs: number;
}

/** `acquired`; `held` by somebody else; `changed`: the key holds another entry than was read, so read again. */
export type LeaseOutcome = 'acquired' | 'held' | 'changed';

interface LeaseStep {
  readonly outcome: LeaseOutcome;
  readonly cell: Cell;
}

export function acquireLease(cell: Cell, request: LeaseRequest, nowMs: number): LeaseStep {
  const lease: LeaseStep = { outcome: 'acquired', cell: { kind: 'lease', token: request.token } };
  if (request.mode === 'take-over') return lease;
  switch (cell.kind) {
    case 'absent':
      return request.mode === 'fresh-key' ? lease : { outcome: 'changed', cell };
    case 'lease':
      // The same token again is a command that was repeated.
      return { outcome: cell.token === request.token ? 'acquired' : 'held', cell };
    case 'entry':
      if (cell.nonce !== request.nonce) return { outcome: 'changed', cell };
      if (request.mode === 'fresh-key') return lease;
      if (cell.leaseToken !== null && cell.leaseToken !== request.token && cell.leaseDeadlineMs > nowMs)
        return { outcome: 'held', cell };
      return {
        outcome: 'acquired',
        cell: { ...cell, leaseToken: request.token, leaseDeadlineMs: nowMs + request.leaseMs },
      };
  }
}

/** Whether the key still holds this lease: the condition of a fill, a renewal and a release. */
export function holdsLease(cell: Cell, token: string): boolean {
  return (cell.kind === 'lease' && cell.token === token) || (cell.kind === 'entry' && cell.leaseToken === token);
}

/** Compare-and-set: the entry is stored only while the key still holds the lease. */
export function fillEntry(cell: Cell, token: string, nonce: string): { readonly stored: boolean; readonly cell: Cell } {
  if (!holdsLease(cell, token)) return { stored: false, cell };
  return { stored: true, cell: { kind: 'entry', nonce, leaseToken: null, leaseDeadlineMs: 0 } };
}

/** Gives a lease back after a failed load, so that nobody waits it out. An entry under it stays. */
export function releaseLease(cell: Cell, token: string): Cell {
  if (!holdsLease(cell, token)) return cell;
  return cell.kind === 'entry' ? { ...cell, leaseToken: null, leaseDeadlineMs: 0 } : ABSENT;
}

/** Removes the very entry that was found corrupt, and no later one. */
export function removeEntry(cell: Cell, nonce: string): Cell {
  return cell.kind === 'entry' && cell.nonce === nonce ? ABSENT : cell;
}
