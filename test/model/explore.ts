/** What one exhaustive search found. */
export interface Exploration<State> {
  readonly states: number;
  readonly transitions: number;
  readonly ms: number;
  /** False: the search stopped at `maxStates`, so it proves nothing. */
  readonly complete: boolean;
  /** The steps that lead to the first violation, in order; undefined where there is none. */
  readonly violation: { readonly steps: readonly string[]; readonly state: State } | undefined;
}

export interface Model<State> {
  readonly initial: State;
  /** Every state that can follow, with the name of the step. */
  next(state: State): Iterable<readonly [step: string, state: State]>;
  /** Equal texts mean equal futures. */
  encode(state: State): string;
  isViolation(state: State): boolean;
}

interface Node<State> {
  readonly state: State;
  readonly step: string;
  readonly from: Node<State> | undefined;
}

/**
 * Visits every state that can be reached, each once, depth first. Visited states are remembered by a 106-bit hash of
 * their encoding (hash compaction, as in SPIN): at ten million states, the chance that any two collide is below 10^-18.
 */
export function explore<State>(model: Model<State>, maxStates = 5_000_000): Exploration<State> {
  const started = performance.now();
  const seen = new HashSet();
  const stack: Node<State>[] = [{ state: model.initial, step: 'start', from: undefined }];
  seen.add(model.encode(model.initial));
  let transitions = 0;
  while (stack.length > 0) {
    const node = stack.pop() as Node<State>;
    for (const [step, state] of model.next(node.state)) {
      transitions++;
      if (!seen.add(model.encode(state))) continue;
      const child: Node<State> = { state, step, from: node };
      if (model.isViolation(state)) return result({ steps: path(child), state }, true);
      if (seen.size >= maxStates) return result(undefined, false);
      stack.push(child);
    }
  }
  return result(undefined, true);

  function result(violation: Exploration<State>['violation'], complete: boolean): Exploration<State> {
    return { states: seen.size, transitions, ms: performance.now() - started, complete, violation };
  }
}

function path<State>(last: Node<State>): string[] {
  const steps: string[] = [];
  for (let node: Node<State> | undefined = last; node?.from !== undefined; node = node.from) steps.push(node.step);
  return steps.reverse();
}

/** A set of texts by two independent 53-bit hashes. */
class HashSet {
  private readonly seen = new Map<number, number | number[]>();
  size = 0;

  /** False: it was there already. */
  add(text: string): boolean {
    const first = hash(text, 1);
    const second = hash(text, 2);
    const present = this.seen.get(first);
    if (present === undefined) this.seen.set(first, second);
    else if (typeof present === 'number') {
      if (present === second) return false;
      this.seen.set(first, [present, second]);
    } else {
      if (present.includes(second)) return false;
      present.push(second);
    }
    this.size++;
    return true;
  }
}

/** Looked up once: in jest's sandbox every look at a global costs more than the hash itself. */
const { imul } = Math;

/** cyrb53 (bryc, public domain): 53 bits of a text. */
function hash(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = imul(high ^ code, 2654435761);
    low = imul(low ^ code, 1597334677);
  }
  high = imul(high ^ (high >>> 16), 2246822507) ^ imul(low ^ (low >>> 13), 3266489909);
  low = imul(low ^ (low >>> 16), 2246822507) ^ imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
