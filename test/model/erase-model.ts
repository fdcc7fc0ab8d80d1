import { acquireLease, type Cell, fillEntry } from '#cache/testing';
import type { Model } from './explore.js';

/*
 * A small model of erasing: one text, one key of an immutable family that holds it, two processes that answer alone
 * from what they keep, one server, and a network on which every command may be executed late, in any order, or never
 * be answered. Lease and fill are the product's own functions.
 *
 * A read that starts after the erasure was answered (or its bound has passed) must not return the text.
 */

/** Which protocol is explored; each broken one differs in one point from the product's. */
export interface EraseProtocol {
  /** Whether the removal takes the lease of a load under way too, or entries alone. */
  readonly breaksLeases: boolean;
  /** Whether a process drops what it keeps when it sees the row. */
  readonly dropsLocal: boolean;
  /** Whether what was read before the drop may not be kept after it. */
  readonly guardsKeeping: boolean;
  /** Whether a load that began before the drop is not shared with who comes after it. */
  readonly forgetsLoads: boolean;
  /** Whether a process asks its source alone while entries may still be in the shared tier. */
  readonly bypassesWhilePending: boolean;
  /** Whether a process that could not see the rows in time looks again before it answers alone. */
  readonly looksWhenLate: boolean;
  /** Whether the row is written in the transaction of the deletion. */
  readonly writesRow: boolean;
}

export const PRODUCT_ERASE: EraseProtocol = {
  breaksLeases: true,
  dropsLocal: true,
  guardsKeeping: true,
  forgetsLoads: true,
  bypassesWhilePending: true,
  looksWhenLate: true,
  writesRow: true,
};

/** What happens around the erasure, and how often at most. */
export interface EraseScenario {
  /** The process of each reader; the erasing process is 0. */
  readonly readers: readonly number[];
  readonly readsEach: number;
  readonly crashes: number;
  readonly lostReplies: number;
  readonly leaseExpiries: number;
  readonly pauses: number;
}

type Phase = 'idle' | 'reading' | 'acquiring' | 'loading' | 'loaded' | 'joined' | 'load-alone';

interface Reader {
  readonly process: number;
  readonly phase: Phase;
  readonly left: number;
  /** Whether the read began after the answer. */
  readonly isLater: boolean;
  /** How often the process had dropped what it keeps when the read began. */
  readonly since: number;
  readonly token: number;
  readonly hasText: boolean;
  readonly joins: number;
  /** Whether others may share its load. */
  readonly isShared: boolean;
}

interface Process {
  readonly keepsText: boolean;
  readonly drops: number;
  readonly seen: 'nothing' | 'pending' | 'done';
  /** Whether the bound has passed without a look. */
  readonly isLate: boolean;
  readonly isPaused: boolean;
}

interface Command {
  readonly kind: 'get' | 'acquire' | 'fill' | 'remove';
  /** The reader, or -1 the eraser, -2 the relay. */
  readonly from: number;
  readonly awaited: boolean;
  readonly token: number;
  readonly hasText: boolean;
}

export interface EraseState {
  readonly database: 'text' | 'nothing';
  readonly row: 'none' | 'pending' | 'done';
  readonly cell: Cell;
  readonly eraser: 'idle' | 'committed' | 'removing' | 'done';
  readonly relay: 'idle' | 'removing';
  readonly isAnswered: boolean;
  readonly processes: readonly Process[];
  readonly readers: readonly Reader[];
  readonly network: readonly Command[];
  readonly lastToken: number;
  readonly left: Readonly<Record<'crashes' | 'lostReplies' | 'leaseExpiries' | 'pauses', number>>;
  readonly stale: string;
}

const ABSENT: Cell = { kind: 'absent' };
type Step = readonly [string, EraseState];

export class EraseModel implements Model<EraseState> {
  readonly initial: EraseState;

  constructor(
    private readonly protocol: EraseProtocol,
    { readers, readsEach, ...left }: EraseScenario,
  ) {
    const process: Process = { keepsText: false, drops: 0, seen: 'nothing', isLate: false, isPaused: false };
    this.initial = {
      database: 'text',
      row: 'none',
      cell: ABSENT,
      eraser: 'idle',
      relay: 'idle',
      isAnswered: false,
      processes: [process, process],
      readers: readers.map((at) => ({
        process: at,
        phase: 'idle',
        left: readsEach,
        isLater: false,
        since: 0,
        token: 0,
        hasText: false,
        joins: -1,
        isShared: false,
      })),
      network: [],
      lastToken: 0,
      left,
      stale: '',
    };
  }

  isViolation(state: EraseState): boolean {
    return state.stale !== '';
  }

  /** Tokens are named in the order they appear, the network is a bag, and a fill whose lease is gone for good is none. */
  encode(state: EraseState): string {
    const names = new Map<number, number>();
    const rename = (token: number): number => {
      if (token === 0) return 0;
      if (!names.has(token)) names.set(token, names.size + 1);
      return names.get(token) as number;
    };
    const { cell } = state;
    const readers = state.readers.map((reader) => {
      const isOld = (state.processes[reader.process] as Process).drops !== reader.since;
      const isWaiting = reader.phase !== 'idle';
      return `${reader.phase},${reader.left},${reader.isLater ? 1 : 0},${isWaiting && isOld ? 1 : 0},${rename(reader.token)},${reader.hasText ? 1 : 0},${reader.joins},${reader.isShared ? 1 : 0}`;
    });
    const processes = state.processes.map(
      (each) => `${each.keepsText ? 1 : 0},${each.seen},${each.isLate ? 1 : 0},${each.isPaused ? 1 : 0}`,
    );
    const held = cell.kind === 'lease' ? rename(Number(cell.token)) : cell.kind === 'entry' ? cell.nonce : '-';
    const network = state.network
      .filter((command) => command.kind !== 'fill' || this.canStore(state, command))
      .map(
        (command) =>
          `${command.kind},${command.from},${command.awaited ? 1 : 0},${rename(command.token)},${command.hasText ? 1 : 0}`,
      )
      .toSorted();
    const rest = [state.database, state.row, held, state.eraser, state.relay, state.isAnswered ? 1 : 0, state.stale];
    return [...rest, ...Object.values(state.left), ...readers, ...processes, ...network].join(';');
  }

  private canStore({ cell, network }: EraseState, { token }: Command): boolean {
    const isHeld = cell.kind === 'lease' && cell.token === String(token);
    return isHeld || network.some((other) => other.kind === 'acquire' && other.token === token);
  }

  *next(state: EraseState): Iterable<Step> {
    for (let r = 0; r < state.readers.length; r++) yield* this.read(state, r);
    for (let c = 0; c < state.network.length; c++) yield* this.execute(state, c);
    yield* this.erase(state);
    for (let p = 0; p < state.processes.length; p++) yield* this.background(state, p);
    const { cell } = state;
    if (state.left.leaseExpiries > 0 && cell.kind === 'lease')
      yield ['the lease expires', spend({ ...state, cell: ABSENT }, 'leaseExpiries')];
  }

  // --------------------------------------------------------------------------------------------------- the eraser

  private *erase(state: EraseState): Iterable<Step> {
    if (state.eraser === 'idle') {
      const row = this.protocol.writesRow ? 'pending' : 'none';
      yield ['the deletion commits', { ...state, database: 'nothing', row, eraser: 'committed' }];
    }
    if (state.eraser === 'committed' && !isPaused(state, 0)) {
      const begun = this.drop(state, 0, 'pending');
      yield ['the eraser drops and removes', send({ ...begun, eraser: 'removing' }, 'remove', -1)];
    }
    if (state.left.crashes > 0 && (state.eraser === 'committed' || state.eraser === 'removing'))
      yield ['the eraser dies', spend(this.dies(state), 'crashes')];
    // The one thing that is known of time: by now everybody has looked since the commit, or knows that it has not.
    if (state.eraser !== 'idle' && !state.isAnswered && (this.protocol.writesRow || state.eraser === 'done')) {
      const processes = state.processes.map((each) => (each.seen === 'nothing' ? { ...each, isLate: true } : each));
      yield ['the bound passes, and the eraser answers', { ...state, isAnswered: true, processes }];
    }
  }

  /** The process of the eraser is gone, and another is in its place; what it sent may still be executed. */
  private dies(state: EraseState): EraseState {
    const fresh: Process = {
      keepsText: false,
      drops: 0,
      seen: state.row === 'done' ? 'done' : 'nothing',
      isLate: true,
      isPaused: false,
    };
    const network = state.network
      .map((command) => (command.from === -1 || isOf(state, command, 0) ? { ...command, awaited: false } : command))
      .filter((command) => command.awaited || command.kind !== 'get');
    const readers = state.readers.map((reader) =>
      reader.process === 0 ? { ...reader, phase: 'idle' as const, joins: -1, isShared: false, hasText: false } : reader,
    );
    return { ...state, eraser: 'done', network, readers, processes: [fresh, ...state.processes.slice(1)] };
  }

  // ------------------------------------------------------------------------------------------------- every process

  private *background(state: EraseState, p: number): Iterable<Step> {
    const process = state.processes[p] as Process;
    if (process.isPaused) {
      yield [`process ${p} goes on`, withProcess(state, p, { isPaused: false })];
      return;
    }
    if (state.left.pauses > 0)
      yield [`process ${p} is paused`, spend(withProcess(state, p, { isPaused: true }), 'pauses')];
    if (state.row !== 'none' && process.seen !== state.row) yield [`process ${p} looks`, this.look(state, p)];
    if (p === 1 && state.row === 'pending' && state.relay === 'idle')
      yield ['the relay removes', send({ ...state, relay: 'removing' }, 'remove', -2)];
  }

  private look(state: EraseState, p: number): EraseState {
    return state.row === 'none' ? state : this.drop(state, p, state.row);
  }

  /** The process drops what it keeps, and shares no load that began before. */
  private drop(state: EraseState, p: number, seen: Process['seen']): EraseState {
    const { drops, keepsText } = state.processes[p] as Process;
    const isKept = keepsText && !this.protocol.dropsLocal;
    const next = withProcess(state, p, { keepsText: isKept, drops: drops + 1, seen, isLate: false });
    if (!this.protocol.forgetsLoads) return next;
    const readers = next.readers.map((reader) => (reader.process === p ? { ...reader, isShared: false } : reader));
    return { ...next, readers };
  }

  // --------------------------------------------------------------------------------------------------- the readers

  private *read(state: EraseState, r: number): Iterable<Step> {
    const reader = state.readers[r] as Reader;
    const name = `reader ${r} of process ${reader.process}`;
    if (isPaused(state, reader.process)) return;
    if (reader.phase === 'idle' && reader.left > 0) yield [`${name} starts`, this.start(state, r)];
    if (reader.phase === 'loading') {
      const hasText = state.database === 'text';
      yield [`${name} reads ${state.database} from the source`, withReader(state, r, { phase: 'loaded', hasText })];
    }
    if (reader.phase === 'loaded') {
      const stored = send(state, 'fill', r, { awaited: false, token: reader.token, hasText: reader.hasText });
      yield [`${name} stores and returns`, this.finish(this.keep(stored, r), r)];
    }
    if (reader.phase === 'load-alone') {
      const hasText = state.database === 'text';
      yield [`${name} reads ${state.database} alone`, this.finish(withReader(state, r, { hasText }), r)];
    }
    const isWaiting = reader.phase === 'reading' || reader.phase === 'acquiring';
    if (isWaiting && state.left.lostReplies > 0) {
      const network = state.network
        .map((command) => (command.from === r ? { ...command, awaited: false } : command))
        .filter((command) => command.awaited || command.kind !== 'get');
      yield [`${name} gives up`, spend(withReader({ ...state, network }, r, { phase: 'load-alone' }), 'lostReplies')];
    }
  }

  private start(before: EraseState, r: number): EraseState {
    const at = (before.readers[r] as Reader).process;
    const isLate = (before.processes[at] as Process).isLate && this.protocol.looksWhenLate;
    const state = isLate ? this.look(before, at) : before;
    const process = state.processes[at] as Process;
    const begun = withReader(state, r, {
      left: (state.readers[r] as Reader).left - 1,
      isLater: state.isAnswered,
      since: process.drops,
      token: 0,
      hasText: false,
      joins: -1,
      isShared: false,
    });
    if (process.seen === 'pending' && this.protocol.bypassesWhilePending)
      return withReader(begun, r, { phase: 'load-alone' });
    if (process.keepsText) return this.finish(withReader(begun, r, { hasText: true }), r);
    return send(withReader(begun, r, { phase: 'reading' }), 'get', r);
  }

  private keep(state: EraseState, r: number): EraseState {
    const { process, since, hasText } = state.readers[r] as Reader;
    const isTooOld = this.protocol.guardsKeeping && (state.processes[process] as Process).drops !== since;
    return hasText && !isTooOld ? withProcess(state, process, { keepsText: true }) : state;
  }

  /** The reader returns, and whoever shares its load returns the same. */
  private finish(state: EraseState, r: number): EraseState {
    const { hasText } = state.readers[r] as Reader;
    const isAnswered = (reader: Reader, j: number) => j === r || (reader.phase === 'joined' && reader.joins === r);
    const later = state.readers.findIndex((reader, j) => reader.isLater && isAnswered(reader, j));
    const done = {
      phase: 'idle',
      joins: -1,
      isShared: false,
      isLater: false,
      since: 0,
      hasText: false,
      token: 0,
    } as const;
    const readers = state.readers.map((reader, j) => (isAnswered(reader, j) ? { ...reader, ...done } : reader));
    const isStale = hasText && later !== -1;
    return { ...state, readers, stale: isStale ? `reader ${later} returned the text after the erasure` : state.stale };
  }

  // ---------------------------------------------------------------------------------------------------- the server

  private *execute(state: EraseState, c: number): Iterable<Step> {
    const command = state.network[c] as Command;
    const { from } = command;
    const without: EraseState = { ...state, network: state.network.filter((_, i) => i !== c) };
    if (command.awaited && isPaused(state, from === -1 ? 0 : from === -2 ? 1 : (state.readers[from] as Reader).process))
      return;
    yield [`${command.kind} of ${from} is executed`, this.executed(without, command)];
    if (command.kind === 'remove' && command.awaited && state.left.lostReplies > 0) {
      const lost = {
        ...this.executed(without, { ...command, awaited: false }),
        ...(from === -2 ? { relay: 'idle' as const } : {}),
      };
      yield [`${command.kind} of ${from} is executed, its reply is lost`, spend(lost, 'lostReplies')];
    }
  }

  private executed(state: EraseState, { kind, from, awaited, token, hasText }: Command): EraseState {
    switch (kind) {
      case 'get': {
        // The nonce of an entry says what it holds: all that is distinguished here.
        const isHit = state.cell.kind === 'entry' && state.cell.nonce === 'text';
        if (!isHit) return this.miss(state, from);
        return this.finish(this.keep(withReader(state, from, { hasText: true }), from), from);
      }
      case 'acquire': {
        const nonce = state.cell.kind === 'entry' ? state.cell.nonce : '';
        const { outcome, cell } = acquireLease(
          state.cell,
          { token: String(token), mode: 'fresh-key', nonce, leaseMs: 10 },
          0,
        );
        const next = { ...state, cell };
        if (!awaited) return next;
        if (outcome !== 'acquired') return withReader(next, from, { phase: 'load-alone' });
        return withReader(next, from, { phase: 'loading', isShared: true });
      }
      case 'fill': {
        const { cell } = fillEntry(state.cell, String(token), hasText ? 'text' : 'nothing');
        return { ...state, cell };
      }
      case 'remove': {
        const cell = this.protocol.breaksLeases || state.cell.kind === 'entry' ? ABSENT : state.cell;
        const next: EraseState = { ...state, cell, ...(from === -2 ? { relay: 'idle' as const } : {}) };
        if (!awaited) return next;
        const done: EraseState = { ...next, row: next.row === 'none' ? 'none' : 'done' };
        return this.drop(from === -1 ? { ...done, eraser: 'done' } : done, from === -1 ? 0 : 1, 'done');
      }
    }
  }

  private miss(state: EraseState, r: number): EraseState {
    const { process } = state.readers[r] as Reader;
    const flight = state.readers.findIndex((other, o) => o !== r && other.process === process && other.isShared);
    if (flight !== -1) return withReader(state, r, { phase: 'joined', joins: flight });
    const token = state.lastToken + 1;
    return send(withReader({ ...state, lastToken: token }, r, { phase: 'acquiring', token }), 'acquire', r, { token });
  }
}

function send(
  state: EraseState,
  kind: Command['kind'],
  from: number,
  { awaited = true, token = 0, hasText = false }: Partial<Command> = {},
): EraseState {
  return { ...state, network: [...state.network, { kind, from, awaited, token, hasText }] };
}

function isOf(state: EraseState, { from }: Command, process: number): boolean {
  return from >= 0 && (state.readers[from] as Reader).process === process;
}

function isPaused(state: EraseState, p: number): boolean {
  return (state.processes[p] as Process).isPaused;
}

function withReader(state: EraseState, r: number, patch: Partial<Reader>): EraseState {
  return { ...state, readers: state.readers.map((reader, i) => (i === r ? { ...reader, ...patch } : reader)) };
}

function withProcess(state: EraseState, p: number, patch: Partial<Process>): EraseState {
  return { ...state, processes: state.processes.map((process, i) => (i === p ? { ...process, ...patch } : process)) };
}

function spend(state: EraseState, what: keyof EraseState['left']): EraseState {
  return { ...state, left: { ...state.left, [what]: state.left[what] - 1 } };
}
