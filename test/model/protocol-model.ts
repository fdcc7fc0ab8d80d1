import {
  acquireLease,
  answersJoiner,
  bindingOf,
  type Cell,
  fillEntry,
  judgeEntry,
  judgeEpoch,
  type LeaseMode,
  mayJoin,
  releaseLease,
} from '#cache/testing';
import type { Model } from './explore.js';

/*
 * A small model of the cache protocol: one key, one tag, some processes with readers, writers and a relay, one or two
 * servers, and a network on which every command may be executed late, in any order, or never.
 *
 * Where the product decides (lease, fill, binding, epoch, verdict, sharing a load), its own functions run. A read that
 * starts after a write was acknowledged must return that write or a later one: everything else is a violation.
 */

/** Which protocol is explored; each broken one differs in one point from the product's. */
export interface Protocol {
  /** `stamps`: entries are bound to epoch and stamp. `delete`: writers delete the entry. */
  readonly invalidation: 'stamps' | 'delete';
  readonly lease: boolean;
  readonly epoch: boolean;
  readonly stampsReadAt: 'before-load' | 'fill';
  readonly stampIds: 'random' | 'counter';
  /** Whether a writer answers without its invalidation being confirmed. */
  readonly swallowsErrors: boolean;
  readonly outbox: boolean;
  /** Deletes once more after the writer has answered. */
  readonly doubleDelete: boolean;
  /** What a writer stores itself: nothing, its value, or its value unless a newer one is there. */
  readonly writerSets: 'nothing' | 'value' | 'if-newer';
  /** Whether a shared load must be new enough for who joins. */
  readonly guardedJoin: boolean;
  /** Whether what a shared load found in the shared tier must be found under what the joiner has seen itself. */
  readonly guardedLanding: boolean;
  /** Whether a new master is left alone until nobody trusts the one before it. */
  readonly waitsForOldMaster: boolean;
  /** Whether a place outside the servers keeps who took the writes last, so that one that takes over again is noticed. */
  readonly recordsPrimaries: boolean;
  /** Whether a server that was silent for long is checked before it is believed. */
  readonly checksSilentServer: boolean;
  /** Whether an entry that was invalidated may be served as stale. */
  readonly staleAfterInvalidation: boolean;
  /** Whether who answers on what another has committed delivers the undelivered rows that it saw. */
  readonly deliversWhatItRestsOn: boolean;
  /** Whether the row is written in the transaction of the write. */
  readonly rowsInTransaction: boolean;
}

export const PRODUCT: Protocol = {
  invalidation: 'stamps',
  lease: true,
  epoch: true,
  stampsReadAt: 'before-load',
  stampIds: 'random',
  swallowsErrors: false,
  outbox: true,
  doubleDelete: false,
  writerSets: 'nothing',
  guardedJoin: true,
  guardedLanding: true,
  waitsForOldMaster: true,
  recordsPrimaries: true,
  checksSilentServer: true,
  staleAfterInvalidation: false,
  deliversWhatItRestsOn: true,
  rowsInTransaction: true,
};

type LocalKind = 'none' | 'validated';

/** What happens around the protocol, and how often at most. */
export interface Scenario {
  /** The process of each reader. */
  readonly readers: readonly number[];
  readonly readsEach: number;
  /** The process of each writer. */
  readonly writers: readonly number[];
  /** The process of each who answers on what it finds committed, and writes nothing: a retry, a refusal. */
  readonly repeaters: readonly number[];
  readonly processes: number;
  readonly local: LocalKind;
  readonly servers: 'single' | 'cluster' | 'failover';
  readonly refresher: boolean;
  readonly writeThrough: boolean;
  readonly relayRounds: number;
  readonly crashes: number;
  readonly lostReplies: number;
  readonly evictions: number;
  readonly expiries: number;
  readonly leaseExpiries: number;
  readonly restarts: number;
  /** How often the master before the failover is elected again, without ever having been demoted. */
  readonly returns: number;
  /** Whether the last process starts at any time: it has seen nothing of what was before. */
  readonly startsLater: boolean;
  /** Writers that answer after the bound, unconfirmed, while every process bypasses the tag. */
  readonly lateAnswers: number;
  readonly clears: number;
  /** Replies to a whole read that are on their way for a while: others are asked and answered meanwhile. */
  readonly slowReplies: number;
}

export const QUIET: Scenario = {
  readers: [0, 1],
  readsEach: 1,
  writers: [0],
  repeaters: [],
  processes: 2,
  local: 'none',
  servers: 'single',
  refresher: false,
  writeThrough: false,
  relayRounds: 0,
  crashes: 0,
  lostReplies: 0,
  evictions: 0,
  expiries: 0,
  leaseExpiries: 0,
  restarts: 0,
  returns: 0,
  startsLater: false,
  lateAnswers: 0,
  clears: 0,
  slowReplies: 0,
};

/** Ids are numbers; only their equality means something. 0 is none. */
type Id = number;

interface Epoch {
  readonly server: number;
  readonly id: Id;
}

interface Entry {
  readonly value: number;
  /** Stamps and epochs it is bound to, as the product's own text. */
  readonly epochs: readonly (Epoch | null)[];
  readonly stamp: Id | null;
  readonly isExpired: boolean;
}

/** What the shared key holds: the product's cell, and the entry in it. Ids of the cell are written as texts. */
interface Slot {
  readonly cell: Cell;
  readonly entry: Entry | null;
}

interface Server {
  /** Changes with a restart or a failover. */
  readonly identity: number;
  readonly epoch: Epoch | null;
  readonly slot: Slot;
  readonly stamp: Id | null;
  readonly dump: { readonly epoch: Epoch | null; readonly slot: Slot; readonly stamp: Id | null } | null;
}

interface Process {
  /** The server of each node it is connected to. */
  readonly connectedTo: readonly number[];
  /** The identity it checked, by node; -1 while the gate is closed. */
  readonly checked: readonly number[];
  readonly gate: 0 | 1 | 2;
  readonly local: Entry | null;
  readonly bypasses: boolean;
}

type Phase =
  | 'idle'
  | 'local-check'
  | 'reading'
  | 'acquiring'
  | 'loading'
  | 'loaded'
  | 'stamping'
  | 'joined'
  | 'load-alone'
  | 'committed'
  | 'unlinking'
  | 'unconfirmed'
  | 'confirmed'
  | 'answered'
  | 'removing'
  | 'done';

interface Actor {
  readonly role: 'reader' | 'writer' | 'repeater' | 'refresher' | 'relay';
  readonly process: number;
  readonly phase: Phase;
  readonly left: number;
  /** The version a read must at least return. */
  readonly needs: number;
  readonly waitsFor: number;
  readonly slot: Slot | null;
  readonly epochs: readonly (Epoch | null)[];
  readonly stamp: Id | null;
  readonly token: Id;
  readonly mode: LeaseMode;
  readonly mayFill: boolean;
  readonly value: number;
  readonly joins: number;
  readonly retried: boolean;
  readonly rows: readonly number[];
}

type CommandKind =
  | 'get-entry'
  | 'get-epoch'
  | 'get-stamp'
  | 'get-all'
  | 'get-stamps'
  | 'acquire'
  | 'make-stamp'
  | 'make-epoch'
  | 'fill'
  | 'unlink'
  | 'delete'
  | 'set';

type Seen = Pick<Actor, 'slot' | 'stamp' | 'epochs'>;

interface Command {
  /** What a read saw whose reply is still on its way. */
  readonly seen: Seen | null;
  readonly kind: CommandKind;
  readonly actor: number;
  /** Whether the actor still waits for the reply. */
  readonly awaited: boolean;
  readonly server: number;
  readonly node: number;
  readonly token: Id;
  readonly nonce: string;
  readonly mode: LeaseMode;
  readonly entry: Entry | null;
  readonly identity: number;
}

export interface State {
  readonly database: number;
  readonly answered: number;
  readonly rows: readonly { readonly id: number; readonly isOverdue: boolean }[];
  readonly servers: readonly Server[];
  readonly processes: readonly Process[];
  readonly actors: readonly Actor[];
  readonly network: readonly Command[];
  readonly lastId: number;
  readonly lastIdentity: number;
  /** The server that takes the writes, where one follows another. */
  readonly primary: number;
  /** The identity of the server that is recorded as the one that takes the writes. */
  readonly recorded: number;
  readonly left: Readonly<
    Record<
      | 'crashes'
      | 'lostReplies'
      | 'evictions'
      | 'expiries'
      | 'leaseExpiries'
      | 'restarts'
      | 'returns'
      | 'lateAnswers'
      | 'clears'
      | 'slowReplies',
      number
    >
  >;
  readonly stale: string;
}

const EMPTY: Slot = { cell: { kind: 'absent' }, entry: null };
const always = () => 1;

export class ProtocolModel implements Model<State> {
  readonly initial: State;
  /** Nodes of the key space: a Cluster keeps the entry on node 0 and the stamp on node 1. */
  private readonly nodes: number;

  constructor(
    private readonly protocol: Protocol,
    private readonly scenario: Scenario,
  ) {
    this.nodes = scenario.servers === 'cluster' ? 2 : 1;
    const server = (identity: number): Server => ({
      identity,
      epoch: protocol.epoch ? { server: identity, id: identity } : null,
      slot: EMPTY,
      stamp: null,
      dump: null,
    });
    const servers = scenario.servers === 'single' ? [server(1)] : [server(1), server(2)];
    const nodes = Array.from({ length: this.nodes }, (_, node) => node);
    const actor = (role: Actor['role'], process: number, left: number): Actor => ({
      role,
      process,
      phase: 'idle',
      left,
      needs: 0,
      waitsFor: 0,
      slot: null,
      epochs: [],
      stamp: null,
      token: 0,
      mode: 'fresh-key',
      mayFill: false,
      value: 0,
      joins: -1,
      retried: false,
      rows: [],
    });
    this.initial = {
      database: 0,
      answered: 0,
      rows: [],
      servers,
      processes: Array.from({ length: scenario.processes }, (_, number) => ({
        connectedTo: nodes,
        checked: nodes.map((node) => (servers[node] as Server).identity),
        gate: scenario.startsLater && number === scenario.processes - 1 ? 1 : 0,
        local: null,
        bypasses: false,
      })),
      actors: [
        ...scenario.readers.map((process) => actor('reader', process, scenario.readsEach)),
        ...scenario.writers.map((process) => actor('writer', process, 1)),
        ...scenario.repeaters.map((process) => actor('repeater', process, 1)),
        ...(scenario.refresher ? [actor('refresher', 0, 1)] : []),
        ...(scenario.relayRounds > 0 ? [actor('relay', scenario.processes - 1, scenario.relayRounds)] : []),
      ],
      network: [],
      lastId: 9,
      lastIdentity: 2,
      primary: 0,
      recorded: (servers[0] as Server).identity,
      left: {
        crashes: scenario.crashes,
        lostReplies: scenario.lostReplies,
        evictions: scenario.evictions,
        expiries: scenario.expiries,
        leaseExpiries: scenario.leaseExpiries,
        restarts: scenario.restarts,
        returns: scenario.returns,
        lateAnswers: scenario.lateAnswers,
        clears: scenario.clears,
        slowReplies: scenario.slowReplies,
      },
      stale: '',
    };
  }

  isViolation(state: State): boolean {
    return state.stale !== '';
  }

  *next(state: State): Iterable<readonly [string, State]> {
    for (let a = 0; a < state.actors.length; a++) yield* this.act(state, a);
    for (let c = 0; c < state.network.length; c++) {
      const command = state.network[c] as Command;
      const executed = this.execute(state, c);
      if (executed !== undefined) yield [`${this.name(state, command.actor)} ${command.kind} is executed`, executed];
      if (command.kind === 'get-all' && command.awaited && command.seen === null && state.left.slowReplies > 0) {
        yield [
          `${this.name(state, command.actor)} ${command.kind} is executed, its reply is slow`,
          this.executeSlowly(state, c),
        ];
      }
    }
    for (let p = 0; p < state.processes.length; p++) yield* this.background(state, p);
    yield* this.faults(state);
  }

  // ---------------------------------------------------------------------------------------------- what actors do

  private *act(state: State, a: number): Iterable<readonly [string, State]> {
    const actor = state.actors[a] as Actor;
    const name = this.name(state, a);
    const process = state.processes[actor.process] as Process;
    switch (actor.phase) {
      case 'idle':
        if (actor.left === 0) return;
        if (actor.role === 'reader') yield [`${name} starts to read`, this.startRead(state, a)];
        else if (actor.role === 'refresher') {
          if (process.gate === 0 && !process.bypasses)
            yield [`${name} starts`, this.sendRead(this.withActor(state, a, { left: 0, needs: 0 }), a, true)];
        } else if (actor.role === 'writer') yield [`${name} commits`, this.commit(state, a)];
        else if (actor.role === 'repeater') {
          if (state.database > 0) yield [`${name} finds ${state.database} committed`, this.repeat(state, a)];
        } else if (state.rows.length > 0 && process.gate === 0) {
          const rows = state.rows.map((row) => row.id);
          yield [
            `${name} takes the rows`,
            this.sendUnlink(this.withActor(state, a, { phase: 'unlinking', left: actor.left - 1, rows }), a),
          ];
        }
        return;
      case 'loading':
        yield [
          `${name} reads ${state.database} from the source`,
          this.withActor(state, a, { phase: 'loaded', value: state.database }),
        ];
        return;
      case 'load-alone':
        yield [`${name} reads ${state.database} from the source alone`, this.loadAlone(state, a)];
        return;
      case 'loaded':
        if (this.protocol.stampsReadAt === 'fill') yield [`${name} asks for the stamps`, this.stampAtFill(state, a)];
        else yield [`${name} stores and returns ${actor.value}`, this.store(state, a)];
        return;
      case 'committed':
        yield [`${name} fires its tag`, this.sendUnlink(this.withActor(state, a, { phase: 'unlinking' }), a)];
        if (state.left.crashes > 0)
          yield [`${name} dies`, this.spend(this.withActor(state, a, { phase: 'done' }), 'crashes')];
        return;
      case 'unlinking':
        if (actor.role === 'writer' && state.left.crashes > 0)
          yield [`${name} dies`, this.spend(this.withActor(this.deafen(state, a), a, { phase: 'done' }), 'crashes')];
        return;
      case 'unconfirmed': {
        if (this.protocol.swallowsErrors || !this.protocol.outbox) {
          if (this.protocol.swallowsErrors) yield [`${name} answers although nothing confirmed`, this.answer(state, a)];
          return;
        }
        const isOwed = (row: { readonly id: number }) =>
          actor.role === 'writer' ? row.id === a : actor.rows.includes(row.id);
        if (!state.rows.some(isOwed)) {
          yield [`${name} sees the row gone`, this.answer(state, a)];
          return;
        }
        if (process.gate === 0 && !actor.retried)
          yield [
            `${name} tries again`,
            this.sendUnlink(this.withActor(state, a, { phase: 'unlinking', retried: true }), a),
          ];
        if (state.left.lateAnswers > 0) {
          const rows = state.rows.map((row) => (isOwed(row) ? { ...row, isOverdue: true } : row));
          const processes = state.processes.map((each) => ({ ...each, bypasses: true }));
          yield [
            `${name} answers after the bound`,
            this.spend(this.answer({ ...state, rows, processes }, a), 'lateAnswers'),
          ];
        }
        return;
      }
      case 'confirmed': {
        const without = { ...state, rows: state.rows.filter((row) => row.id !== a) };
        yield [`${name} removes its row and answers`, this.answer(without, a)];
        if (state.left.crashes > 0)
          yield [`${name} dies`, this.spend(this.withActor(state, a, { phase: 'done' }), 'crashes')];
        return;
      }
      case 'removing':
        yield [
          `${name} removes the rows`,
          this.withActor({ ...state, rows: state.rows.filter((row) => !actor.rows.includes(row.id)) }, a, {
            phase: 'idle',
            rows: [],
          }),
        ];
        return;
      case 'answered':
        if (this.scenario.writeThrough && process.gate === 0 && !process.bypasses) {
          // Written through: the reader's own way, with a lease that takes over.
          yield [
            `${name} writes through`,
            this.sendRead(this.withActor(state, a, { phase: 'idle', mode: 'take-over', needs: 0 }), a, true),
          ];
        }
        yield [`${name} is done`, this.withActor(state, a, { phase: 'done' })];
        return;
      default:
        return;
    }
  }

  private startRead(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const process = state.processes[actor.process] as Process;
    const next = this.withActor(state, a, {
      left: actor.left - 1,
      needs: state.answered,
      mode: 'fresh-key',
      mayFill: false,
      joins: -1,
      retried: false,
      token: 0,
      slot: null,
    });
    if (process.gate !== 0 || process.bypasses) return this.withActor(next, a, { phase: 'load-alone' });
    const { local } = process;
    if (this.scenario.local !== 'none' && local !== null && !local.isExpired)
      return this.sendRead(this.withActor(next, a, { phase: 'local-check' }), a, false);
    return this.sendRead(next, a, true);
  }

  /** One MGET; in a Cluster, GETs to the nodes. */
  private sendRead(state: State, a: number, withEntry: boolean): State {
    const phase = withEntry ? 'reading' : 'local-check';
    const base = this.withActor(state, a, {
      phase,
      slot: null,
      epochs: Array.from({ length: this.nodes }, () => null),
      stamp: null,
    });
    if (this.nodes === 1) return this.send(base, a, [{ kind: withEntry ? 'get-all' : 'get-stamps', node: 0 }]);
    return this.send(base, a, [
      ...(withEntry ? [{ kind: 'get-entry' as const, node: 0 }] : []),
      { kind: 'get-epoch', node: 0 },
      { kind: 'get-epoch', node: 1 },
      { kind: 'get-stamp', node: 1 },
    ]);
  }

  private stampNode(): number {
    return this.nodes - 1;
  }

  /** All replies of a read are in. */
  private judgeRead(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const process = state.processes[actor.process] as Process;
    const current = this.binding(actor.epochs, actor.stamp);
    if (actor.phase === 'local-check') {
      const { local } = process;
      if (
        local !== null &&
        !local.isExpired &&
        current !== undefined &&
        this.binding(local.epochs, local.stamp) === current
      ) {
        return this.finish(state, a, local.value, undefined);
      }
      return this.sendRead(state, a, true);
    }
    const slot = actor.slot ?? EMPTY;
    const { entry } = slot;
    if (actor.role === 'refresher') {
      if (entry === null || this.verdict(entry, current) === 'dead') return this.withActor(state, a, { phase: 'done' });
      return this.sendAcquire(state, a, 'over-entry');
    }
    if (entry !== null && actor.mode !== 'take-over') {
      const verdict =
        this.protocol.invalidation === 'delete'
          ? this.deleteVerdict(entry, actor.epochs)
          : this.verdict(entry, current);
      const isServed =
        verdict === 'fresh' || verdict === 'stale' || (this.protocol.staleAfterInvalidation && entry.isExpired);
      if (isServed) {
        const next = this.scenario.local === 'none' ? state : this.withProcess(state, actor.process, { local: entry });
        return this.finish(next, a, entry.value, undefined, current);
      }
    }
    return this.miss(state, a, current);
  }

  private miss(state: State, a: number, current: string | undefined): State {
    const actor = state.actors[a] as Actor;
    const older = state.actors.findIndex(
      (other, o) =>
        o !== a &&
        other.process === actor.process &&
        other.joins === -1 &&
        (['acquiring', 'loading', 'loaded'].includes(other.phase) || (other.phase === 'reading' && other.retried)) &&
        other.role !== 'refresher',
    );
    if (older !== -1 && actor.mode !== 'take-over') {
      const flight = state.actors[older] as Actor;
      const started = flight.phase === 'loading' || flight.phase === 'loaded';
      const isSafe = mayJoin(
        { started, binding: started ? this.binding(flight.epochs, flight.stamp) : undefined },
        current,
      );
      if (isSafe || !this.protocol.guardedJoin) return this.withActor(state, a, { phase: 'joined', joins: older });
    }
    return this.sendAcquire(state, a, actor.mode);
  }

  private sendAcquire(state: State, a: number, mode: LeaseMode): State {
    const actor = state.actors[a] as Actor;
    const cell = (actor.slot ?? EMPTY).cell;
    const nonce = cell.kind === 'entry' ? cell.nonce : '';
    const token = state.lastId + 1;
    const commands: Parcel[] = [];
    if (this.protocol.lease) commands.push({ kind: 'acquire', node: 0, token, nonce, mode });
    if (this.protocol.invalidation === 'stamps' && this.protocol.stampsReadAt === 'before-load' && actor.stamp === null)
      commands.push({ kind: 'make-stamp', node: this.stampNode() });
    if (this.protocol.epoch)
      actor.epochs.forEach((epoch, node) => epoch === null && commands.push({ kind: 'make-epoch', node }));
    const next = this.withActor({ ...state, lastId: token }, a, {
      phase: 'acquiring',
      token,
      mode,
      mayFill: !this.protocol.lease,
    });
    return commands.length === 0 ? this.withActor(next, a, { phase: 'loading' }) : this.send(next, a, commands);
  }

  private stampAtFill(state: State, a: number): State {
    return this.send(this.withActor(state, a, { phase: 'stamping' }), a, [
      { kind: 'make-stamp', node: this.stampNode() },
    ]);
  }

  private store(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const entry: Entry = { value: actor.value, epochs: actor.epochs, stamp: actor.stamp, isExpired: false };
    let next = state;
    if (this.scenario.local !== 'none' && this.protocol.invalidation === 'stamps') {
      next = this.withProcess(next, actor.process, { local: entry });
    }
    const process = next.processes[actor.process] as Process;
    if (actor.mayFill && process.gate === 0) {
      next = this.send(
        next,
        a,
        [{ kind: this.protocol.lease ? 'fill' : 'set', node: 0, token: actor.token, entry }],
        false,
      );
    }
    return this.finish(next, a, actor.value, entry);
  }

  /** Without the right to fill. What is bound to stamps from before the load may still serve this process. */
  private loadAlone(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const isBound =
      this.scenario.local !== 'none' &&
      this.binding(actor.epochs, actor.stamp) !== undefined &&
      actor.epochs.length > 0;
    const entry: Entry = { value: state.database, epochs: actor.epochs, stamp: actor.stamp, isExpired: false };
    return this.finish(
      isBound ? this.withProcess(state, actor.process, { local: entry }) : state,
      a,
      state.database,
      undefined,
    );
  }

  /**
   * The reader returns; whoever shares its load returns the same.
   * @param foundUnder epoch and stamp under which somebody else's fill was found; undefined where the source was asked
   */
  private finish(state: State, a: number, value: number, entry: Entry | undefined, foundUnder?: string): State {
    const isFlight = entry !== undefined || (state.actors[a] as Actor).phase !== 'joined';
    let next = this.returns(state, a, value);
    if (!isFlight) return next;
    for (let j = 0; j < next.actors.length; j++) {
      const other = next.actors[j] as Actor;
      if (other.phase !== 'joined' || other.joins !== a) continue;
      const isAnswered = answersJoiner({ value, foundUnder }, this.binding(other.epochs, other.stamp));
      if (isAnswered || !this.protocol.guardedLanding) next = this.returns(next, j, value);
      else next = this.sendRead(this.withActor(next, j, { joins: -1 }), j, true);
    }
    return next;
  }

  private returns(state: State, a: number, value: number): State {
    const actor = state.actors[a] as Actor;
    const stale =
      actor.role === 'reader' && value < actor.needs
        ? `${this.name(state, a)} returned ${value} after ${actor.needs} was acknowledged`
        : state.stale;
    const phase = actor.role === 'reader' ? 'idle' : 'done';
    return this.withActor({ ...state, stale }, a, {
      phase,
      joins: -1,
      waitsFor: 0,
      slot: null,
      epochs: [],
      stamp: null,
      token: 0,
      mayFill: false,
      value: 0,
      needs: 0,
    });
  }

  private commit(state: State, a: number): State {
    const version = state.database + 1;
    const isRowWritten = this.protocol.outbox && this.protocol.rowsInTransaction;
    const rows = isRowWritten ? [...state.rows, { id: a, isOverdue: false }] : state.rows;
    return this.withActor({ ...state, database: version, rows }, a, { phase: 'committed', left: 0, value: version });
  }

  /** What is answered rests on what was found: so the rows that were there are delivered first. */
  private repeat(state: State, a: number): State {
    const rows = state.rows.map((row) => row.id);
    const next = this.withActor(state, a, { left: 0, value: state.database, rows });
    if (rows.length === 0 || !this.protocol.deliversWhatItRestsOn) return this.answer(next, a);
    return this.sendUnlink(this.withActor(next, a, { phase: 'unlinking' }), a);
  }

  private sendUnlink(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const process = state.processes[actor.process] as Process;
    if (process.gate !== 0) return this.unconfirmed(state, a);
    const entry: Entry = { value: actor.value, epochs: [], stamp: null, isExpired: false };
    if (this.protocol.writerSets !== 'nothing') return this.send(state, a, [{ kind: 'set', node: 0, entry }]);
    if (this.protocol.invalidation === 'delete') return this.send(state, a, [{ kind: 'delete', node: 0 }]);
    return this.send(state, a, [{ kind: 'unlink', node: this.stampNode() }]);
  }

  private unconfirmed(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    return this.withActor(state, a, actor.role === 'relay' ? { phase: 'idle', rows: [] } : { phase: 'unconfirmed' });
  }

  private answer(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const next = this.withActor({ ...state, answered: Math.max(state.answered, actor.value) }, a, {
      rows: [],
      phase: this.scenario.writeThrough ? 'answered' : 'done',
      value: 0,
    });
    return this.protocol.doubleDelete ? this.send(next, a, [{ kind: 'delete', node: 0 }], false) : next;
  }

  // ------------------------------------------------------------------------------------- what servers and links do

  private send(state: State, a: number, parcels: readonly Parcel[], awaited = true): State {
    const actor = state.actors[a] as Actor;
    const process = state.processes[actor.process] as Process;
    // Behind a closed gate nothing is sent.
    if (process.gate !== 0) return awaited ? this.gaveUp(state, a) : state;
    const commands = parcels.map((parcel): Command => ({
      actor: a,
      awaited,
      server: process.connectedTo[parcel.node] as number,
      token: 0,
      nonce: '',
      mode: 'fresh-key',
      entry: null,
      seen: null,
      identity: process.checked[parcel.node] as number,
      ...parcel,
    }));
    const next = { ...state, network: [...state.network, ...commands] };
    return awaited ? this.withActor(next, a, { waitsFor: parcels.length }) : next;
  }

  private execute(state: State, c: number): State | undefined {
    const command = state.network[c] as Command;
    const server = state.servers[command.server] as Server;
    let next: State = { ...state, network: state.network.filter((_, i) => i !== c) };
    const change = (patch: Partial<Server>): void => {
      next = { ...next, servers: next.servers.map((each, s) => (s === command.server ? { ...each, ...patch } : each)) };
    };
    const reply = (patch: Partial<Actor>): State =>
      command.awaited ? this.received(this.withActor(next, command.actor, patch), command.actor) : next;
    const reader = state.actors[command.actor] as Actor;
    switch (command.kind) {
      case 'get-all':
        return reply(command.seen ?? this.everything(command, server));
      case 'get-stamps':
        return reply({ stamp: server.stamp, epochs: [this.seen(command, server)] });
      case 'get-entry':
        return reply({ slot: server.slot });
      case 'get-stamp':
        return reply({ stamp: server.stamp });
      case 'get-epoch':
        return reply({
          epochs: reader.epochs.map((epoch, node) => (node === command.node ? this.seen(command, server) : epoch)),
        });
      case 'make-stamp': {
        const stamp = server.stamp ?? (this.protocol.stampIds === 'counter' ? 1 : next.lastId + 1);
        if (server.stamp === null) {
          next = { ...next, lastId: next.lastId + 1 };
          change({ stamp });
        }
        return reply({ stamp });
      }
      case 'make-epoch': {
        const epoch = server.epoch ?? { server: command.identity, id: next.lastId + 1 };
        if (server.epoch === null) {
          next = { ...next, lastId: next.lastId + 1 };
          change({ epoch });
        }
        return reply({ epochs: reader.epochs.map((each, node) => (node === command.node ? epoch : each)) });
      }
      case 'acquire': {
        const step = acquireLease(
          server.slot.cell,
          { token: text(command.token), mode: command.mode, nonce: command.nonce, leaseMs: 10 },
          0,
        );
        if (step.outcome === 'acquired')
          change({ slot: { cell: step.cell, entry: step.cell.kind === 'entry' ? server.slot.entry : null } });
        return reply({ mayFill: step.outcome === 'acquired' });
      }
      case 'fill': {
        const nonce = next.lastId + 1;
        const step = fillEntry(server.slot.cell, text(command.token), text(nonce));
        if (step.stored) {
          next = { ...next, lastId: nonce };
          change({ slot: { cell: step.cell, entry: command.entry } });
        }
        return next;
      }
      case 'set': {
        const nonce = next.lastId + 1;
        const present = server.slot.entry;
        if (
          this.protocol.writerSets !== 'if-newer' ||
          present === null ||
          present.value < (command.entry as Entry).value
        ) {
          next = { ...next, lastId: nonce };
          change({
            slot: {
              cell: { kind: 'entry', nonce: text(nonce), leaseToken: null, leaseDeadlineMs: 0 },
              entry: command.entry,
            },
          });
        }
        return reply({ phase: 'confirmed' });
      }
      case 'unlink':
        if (this.protocol.stampIds === 'counter') change({ stamp: (server.stamp ?? 0) + 1 });
        else change({ stamp: null });
        if (
          command.awaited &&
          reader.role === 'writer' &&
          this.scenario.relayRounds === 0 &&
          state.left.crashes === 0
        ) {
          // Nobody can come in between: an earlier answer only asks more of the readers.
          next = this.withActor({ ...next, rows: next.rows.filter((row) => row.id !== command.actor) }, command.actor, {
            waitsFor: 0,
          });
          return this.answer(next, command.actor);
        }
        return reply({ phase: reader.role === 'relay' ? 'removing' : 'confirmed' });
      case 'delete':
        change({ slot: EMPTY });
        return reply({ phase: 'confirmed' });
    }
  }

  /** The command has been executed; what it saw arrives later. */
  private executeSlowly(state: State, c: number): State {
    const network = state.network.map((command, i) =>
      i === c ? { ...command, seen: this.everything(command, state.servers[command.server] as Server) } : command,
    );
    return this.spend({ ...state, network }, 'slowReplies');
  }

  private everything(command: Command, server: Server): Seen {
    return { slot: server.slot, stamp: server.stamp, epochs: [this.seen(command, server)] };
  }

  /** The epoch as its reader takes it: one of another server counts as missing. */
  private seen(command: Command, server: Server): Epoch | null {
    if (!this.protocol.epoch || server.epoch === null) return server.epoch;
    return judgeEpoch(`${server.epoch.server}.${server.epoch.id}`, String(command.identity), true) === 'accept'
      ? server.epoch
      : null;
  }

  private received(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const waitsFor = actor.waitsFor - 1;
    const next = this.withActor(state, a, { waitsFor });
    if (waitsFor > 0) return next;
    switch (actor.phase) {
      case 'local-check':
      case 'reading':
        return this.judgeRead(next, a);
      case 'acquiring':
        if (actor.mayFill) return this.withActor(next, a, { phase: 'loading' });
        if (actor.role === 'refresher') return this.withActor(next, a, { phase: 'done' });
        // Held or changed: look once more, then load without the right to fill.
        if (!actor.retried)
          return this.sendRead(this.withActor(next, a, { retried: true, mode: 'fresh-key' }), a, true);
        return this.withActor(next, a, { phase: 'load-alone' });
      case 'stamping':
        return this.store(next, a);
      default:
        return next;
    }
  }

  /** The actor stops waiting; its commands may still be executed. Reads without a reader are forgotten. */
  private deafen(state: State, a: number): State {
    const network = state.network
      .map((command) => (command.actor === a && command.awaited ? { ...command, awaited: false } : command))
      .filter((command) => command.awaited || !command.kind.startsWith('get-'));
    return this.withActor({ ...state, network }, a, { waitsFor: 0 });
  }

  private gaveUp(state: State, a: number): State {
    const actor = state.actors[a] as Actor;
    const next = this.deafen(state, a);
    if (actor.role === 'reader') return this.withActor(next, a, { phase: 'load-alone', epochs: [], stamp: null });
    if (actor.role === 'refresher' || actor.phase === 'reading' || actor.phase === 'acquiring')
      return this.withActor(next, a, { phase: 'done' });
    return this.unconfirmed(next, a);
  }

  private *background(state: State, p: number): Iterable<readonly [string, State]> {
    const process = state.processes[p] as Process;
    if (process.bypasses && !state.rows.some((row) => row.isOverdue))
      yield [`process ${p} trusts the tag again`, this.withProcess(state, p, { bypasses: false })];
    const isBehind = this.isBehind(state, process);
    // Process 0 asked nothing meanwhile: without a look at silent servers it notices nothing.
    if (process.gate === 0 && isBehind && (p !== 0 || this.protocol.checksSilentServer)) {
      yield [`process ${p} notices the failover`, this.notice(state, p)];
    }
    // Whoever still trusts the old master must have had the time to stop, before anything can be read from the new one.
    const isTrusted = state.processes.some((each) => each.gate === 0 && this.isBehind(state, each));
    if (process.gate === 1 && !(isTrusted && this.protocol.waitsForOldMaster)) {
      // The gate: find who takes writes now, check who it is, and drop an epoch that is not of it.
      const connectedTo = this.scenario.servers === 'failover' ? [state.primary] : process.connectedTo;
      const checked = connectedTo.map((server) => (state.servers[server] as Server).identity);
      // Which server a failover left is reported by the record alone: to itself it looks as before.
      const isOther = this.scenario.servers === 'failover' && checked[0] !== state.recorded;
      const isRenewed = isOther && this.protocol.recordsPrimaries;
      const servers = state.servers.map((server, s) =>
        connectedTo.includes(s) && server.epoch !== null && (isRenewed || server.epoch.server !== server.identity)
          ? { ...server, epoch: null }
          : server,
      );
      const recorded = isOther ? (checked[0] as number) : state.recorded;
      yield [
        `process ${p} checks its server`,
        this.withProcess({ ...state, servers: this.protocol.epoch ? servers : state.servers, recorded }, p, {
          connectedTo,
          checked,
          gate: 2,
        }),
      ];
    }
    if (process.gate === 2) {
      const isOver = this.scenario.servers === 'failover' && process.checked[0] !== state.recorded;
      if (isOver && this.protocol.recordsPrimaries)
        yield [`process ${p} finds another server recorded`, this.withProcess(state, p, { gate: 1 })];
      else yield [`process ${p} opens its gate`, this.withProcess(state, p, { gate: 0 })];
    }
  }

  /** Whether another server takes the writes than the one that the process asks. */
  private isBehind(state: State, process: Process): boolean {
    return this.scenario.servers === 'failover' && !process.connectedTo.includes(state.primary);
  }

  // -------------------------------------------------------------------------------------------------- what goes wrong

  private *faults(state: State): Iterable<readonly [string, State]> {
    const { left } = state;
    if (left.lostReplies > 0) {
      for (let a = 0; a < state.actors.length; a++) {
        if ((state.actors[a] as Actor).waitsFor > 0)
          yield [`${this.name(state, a)} gives up waiting`, this.spend(this.gaveUp(state, a), 'lostReplies')];
      }
    }
    if (left.returns > 0 && state.primary === 1)
      yield ['the first server is elected again, as it was', this.spend({ ...state, primary: 0 }, 'returns')];
    for (let s = 0; s < state.servers.length; s++) {
      const server = state.servers[s] as Server;
      const change = (patch: Partial<Server>): State => ({
        ...state,
        servers: state.servers.map((each, i) => (i === s ? { ...each, ...patch } : each)),
      });
      if (left.evictions > 0) {
        if (server.slot.cell.kind !== 'absent')
          yield [`server ${s} evicts the key`, this.spend(change({ slot: EMPTY }), 'evictions')];
        if (server.stamp !== null)
          yield [`server ${s} evicts the stamp`, this.spend(change({ stamp: null }), 'evictions')];
        if (server.epoch !== null)
          yield [`server ${s} evicts the epoch`, this.spend(change({ epoch: null }), 'evictions')];
      }
      if (left.expiries > 0 && server.slot.entry !== null && !server.slot.entry.isExpired) {
        yield [
          `the entry on server ${s} expires`,
          this.spend(
            change({ slot: { ...server.slot, entry: { ...server.slot.entry, isExpired: true } } }),
            'expiries',
          ),
        ];
      }
      if (left.leaseExpiries > 0) {
        const { cell } = server.slot;
        if (cell.kind === 'lease')
          yield [`the lease on server ${s} expires`, this.spend(change({ slot: EMPTY }), 'leaseExpiries')];
        if (cell.kind === 'entry' && cell.leaseToken !== null)
          yield [
            `the lease over the entry on server ${s} expires`,
            this.spend(
              change({ slot: { ...server.slot, cell: releaseLease(cell, cell.leaseToken) } }),
              'leaseExpiries',
            ),
          ];
      }
      if (left.clears > 0 && server.epoch !== null)
        yield [`everything is invalidated on server ${s}`, this.spend(change({ epoch: null }), 'clears')];
      if (left.restarts > 0) {
        const { epoch, slot, stamp } = server;
        if (server.dump === null && !(s === 1 && this.scenario.servers === 'failover'))
          yield [`server ${s} writes a dump`, change({ dump: { epoch, slot, stamp } })];
        if (server.dump !== null)
          yield [
            this.scenario.servers === 'failover'
              ? 'a lagging replica takes over'
              : `server ${s} restarts with its dump`,
            this.spend(this.rollBack(state, s), 'restarts'),
          ];
      }
    }
  }

  /** A restart with an old dump; or, with a second server, its promotion with the replicated state while the first one still lives. */
  private rollBack(state: State, s: number): State {
    const { dump } = state.servers[s] as Server;
    const identity = state.lastIdentity + 1;
    const isFailover = this.scenario.servers === 'failover';
    const target = isFailover ? 1 : s;
    const servers = state.servers.map((server, i) => {
      if (i === target) return { ...server, ...(dump as NonNullable<Server['dump']>), identity, dump: null };
      return isFailover ? { ...server, dump: null } : server;
    });
    let next: State = { ...state, servers, lastIdentity: identity, primary: isFailover ? 1 : 0 };
    // The old master still lives, and keeps what it was sent: each process notices in its own time.
    if (isFailover) return next;
    // A restarted server loses its connections, and all that was under way on them.
    for (let p = 0; p < next.processes.length; p++) {
      if ((next.processes[p] as Process).connectedTo.includes(s)) next = this.withProcess(next, p, { gate: 1 });
    }
    const isOn = (command: Command): boolean => command.server === s;
    for (let a = 0; a < next.actors.length; a++) next = this.cut(next, a, isOn);
    return { ...next, network: next.network.filter((command) => !isOn(command)) };
  }

  /** The actor loses what it waits for, where any of it is cut. A read is worth nothing without one of its replies. */
  private cut(state: State, a: number, isCut: (command: Command) => boolean): State {
    const actor = state.actors[a] as Actor;
    if (actor.waitsFor === 0) return state;
    const waits = state.network.some((command) => command.actor === a && command.awaited && isCut(command));
    return waits || actor.phase === 'reading' || actor.phase === 'local-check' ? this.gaveUp(state, a) : state;
  }

  /** A process finds that another server takes the writes: its gate closes, and it waits for nothing of the old one. */
  private notice(state: State, p: number): State {
    const { connectedTo } = state.processes[p] as Process;
    let next = this.withProcess(state, p, { gate: 1 });
    for (let a = 0; a < next.actors.length; a++) {
      if ((next.actors[a] as Actor).process === p)
        next = this.cut(next, a, (command) => connectedTo.includes(command.server));
    }
    return next;
  }

  // ------------------------------------------------------------------------------------------------------- the rest

  private binding(epochs: readonly (Epoch | null)[], stamp: Id | null): string | undefined {
    let epochText: string | null = '';
    if (this.protocol.epoch)
      for (const epoch of epochs)
        epochText = epochText === null || epoch === null ? null : `${epochText}|${epoch.server}.${epoch.id}`;
    return bindingOf(epochText, [stamp === null ? null : text(stamp)]);
  }

  private verdict(entry: Entry, current: string | undefined): ReturnType<typeof judgeEntry> {
    const times = { loadedAtMs: 0, softMs: 0, hardMs: 10, loadMs: 0 };
    return judgeEntry(
      this.binding(entry.epochs, entry.stamp) ?? '',
      times,
      current,
      entry.isExpired ? 20 : 0,
      { staleMs: 1_000, beta: 0 },
      always,
    );
  }

  private deleteVerdict(entry: Entry, epochs: readonly (Epoch | null)[]): 'fresh' | 'dead' {
    if (entry.isExpired) return 'dead';
    return !this.protocol.epoch || entry.epochs.every((epoch, node) => epoch?.id === epochs[node]?.id)
      ? 'fresh'
      : 'dead';
  }

  private withActor(state: State, a: number, patch: Partial<Actor>): State {
    return { ...state, actors: state.actors.map((actor, i) => (i === a ? { ...actor, ...patch } : actor)) };
  }

  private withProcess(state: State, p: number, patch: Partial<Process>): State {
    return { ...state, processes: state.processes.map((process, i) => (i === p ? { ...process, ...patch } : process)) };
  }

  private spend(state: State, what: keyof State['left']): State {
    return { ...state, left: { ...state.left, [what]: state.left[what] - 1 } };
  }

  private name(state: State, a: number): string {
    const actor = state.actors[a] as Actor;
    return `${actor.role} ${a} of process ${actor.process}`;
  }

  /** A fill whose lease is gone for good changes nothing, whenever it is executed. */
  private isIdle(state: State, command: Command): boolean {
    if (command.kind !== 'fill') return false;
    const token = text(command.token);
    const holds = (cell: Cell): boolean =>
      (cell.kind === 'lease' && cell.token === token) || (cell.kind === 'entry' && cell.leaseToken === token);
    return (
      !state.servers.some(
        (server) => holds(server.slot.cell) || (server.dump !== null && holds(server.dump.slot.cell)),
      ) && !state.network.some((other) => other.kind === 'acquire' && other.token === command.token)
    );
  }

  /** Ids are renamed in the order they appear, the network is a bag: states that differ in names alone are one. */
  encode(state: State): string {
    const names = new Map<string, number>();
    const rename = (id: Id | string): string => {
      const key = String(id);
      if (key === '0' || key === '') return key;
      let name = names.get(key);
      if (name === undefined) names.set(key, (name = names.size + 1));
      return `#${name}`;
    };
    const epochText = (epoch: Epoch | null): string => (epoch === null ? '-' : `${epoch.server}.${rename(epoch.id)}`);
    const stampText = (stamp: Id | null): string =>
      stamp === null ? '-' : this.protocol.stampIds === 'counter' ? `c${stamp}` : rename(stamp);
    const entryText = (entry: Entry | null): string =>
      entry === null
        ? '-'
        : `${entry.value}${entry.isExpired ? 'x' : ''}(${entry.epochs.map(epochText).join()};${stampText(entry.stamp)})`;
    const cellText = (cell: Cell): string => {
      if (cell.kind === 'absent') return '-';
      if (cell.kind === 'lease') return `L${rename(cell.token)}`;
      return `E${rename(cell.nonce)}${cell.leaseToken === null ? '' : `/${rename(cell.leaseToken)}`}`;
    };
    const slotText = (slot: Slot | null): string => (slot === null ? '~' : cellText(slot.cell) + entryText(slot.entry));
    const parts: string[] = [`${state.database},${state.answered},${state.primary},${state.recorded}`];
    for (const row of state.rows) parts.push(`r${row.id}${row.isOverdue ? 'o' : ''}`);
    for (const server of state.servers) {
      const { dump } = server;
      parts.push(
        `s${server.identity}:${epochText(server.epoch)}:${slotText(server.slot)}:${stampText(server.stamp)}:${dump === null ? '' : `${epochText(dump.epoch)}:${slotText(dump.slot)}:${stampText(dump.stamp)}`}`,
      );
    }
    for (const process of state.processes) {
      parts.push(
        `p${process.connectedTo.join()}:${process.checked.join()}:${process.gate}:${entryText(process.local)}:${process.bypasses ? 'b' : ''}`,
      );
    }
    for (const actor of state.actors) {
      parts.push(
        `a${actor.phase}:${actor.left}:${actor.needs}:${actor.waitsFor}:${slotText(actor.slot)}:${actor.epochs.map(epochText).join()}:${stampText(actor.stamp)}:${rename(actor.token)}:${actor.mode}:${actor.mayFill ? 1 : 0}:${actor.value}:${actor.joins}:${actor.retried ? 1 : 0}:${actor.rows.join()}`,
      );
    }
    const commands = state.network
      .filter((command) => !this.isIdle(state, command))
      .map(
        (command) =>
          `c${command.kind}:${command.actor}:${command.awaited ? 1 : 0}:${command.server}:${command.node}:${rename(command.token)}:${rename(command.nonce)}:${command.mode}:${entryText(command.entry)}:${command.identity}${command.seen === null ? '' : `:${slotText(command.seen.slot)}${command.seen.epochs.map(epochText).join()}${stampText(command.seen.stamp)}`}`,
      );
    parts.push(...commands.sort());
    parts.push(Object.values(state.left).join());
    if (state.stale !== '') parts.push('stale');
    return parts.join('\n');
  }
}

type Parcel = Pick<Command, 'kind' | 'node'> & Partial<Pick<Command, 'token' | 'nonce' | 'mode' | 'entry'>>;

/** The product's functions know ids as texts. */
function text(id: Id): string {
  return String(id);
}
