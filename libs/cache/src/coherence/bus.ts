/** One message of the bus. Sequence numbers are per origin and start at 1 with the process. */
export function busMessage(origin: string, sequence: number, keys: readonly string[] | 'everything'): string {
  return JSON.stringify([origin, sequence, keys === 'everything' ? null : keys]);
}

/**
 * Reads the bus and notices what is missing: a sequence number that was skipped means that news was lost. The first
 * message of an origin sets its base: what came before the subscription is void anyway.
 */
export class BusReader {
  private readonly lastOf = new Map<string, number>();

  /** @param own messages of this origin are known already */
  constructor(private readonly own: string) {}

  read(text: string): readonly string[] | 'everything' | 'lost' {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return 'lost';
    }
    if (!Array.isArray(message) || typeof message[0] !== 'string' || typeof message[1] !== 'number') return 'lost';
    const [origin, sequence, keys] = message as [string, number, unknown];
    if (origin === this.own) return [];
    const last = this.lastOf.get(origin);
    this.lastOf.set(origin, sequence);
    if (last !== undefined && sequence !== last + 1) return 'lost';
    return Array.isArray(keys) && keys.every((key) => typeof key === 'string') ? keys : 'everything';
  }
}
