/**
 * What an entry is bound to: the epoch and the stamps of its tags, as they were before its load. The entry is valid
 * while the same are current, and never again once one of them is gone: they are random and are never reused.
 *
 * One string, compared as a whole. `undefined` (a part is missing) matches nothing.
 */
export type Binding = string;

export function bindingOf(epoch: string | null, stamps: readonly (string | null)[]): Binding | undefined {
  if (epoch === null) return undefined;
  let binding = epoch;
  for (let i = 0; i < stamps.length; i++) {
    const stamp = stamps[i];
    if (stamp === null || stamp === undefined) return undefined;
    binding += `,${stamp}`;
  }
  return binding;
}

/**
 * Whether a reader that has just read `current` may share a load that runs already. Yes before the load starts (it
 * will see all that was acknowledged by now); after that, only while nothing was invalidated since: the load may have
 * read the source before a write that the reader must see.
 */
export function mayJoin(
  load: { readonly started: boolean; readonly binding: Binding | undefined },
  current: Binding | undefined,
): boolean {
  return !load.started || (current !== undefined && load.binding === current);
}
