import { type Exploration, explore } from './explore.js';
import { PRODUCT, type Protocol, ProtocolModel, QUIET, type Scenario, type State } from './protocol-model.js';

const isThorough = process.env['KEEPSAKE_MODEL'] === 'full';

const RETURNING: Partial<Scenario> = {
  servers: 'failover',
  restarts: 1,
  returns: 1,
  readers: [0],
  readsEach: 2,
  writers: [1],
};

/**
 * Schedules that are explored to the end. Each puts the promise under other faults; together they cover the local tier
 * in its kinds, leases over entries, refresh, write-through, relay and inline invalidation, split reads of a Cluster, a
 * resumed old master, one that takes over again, rollback, lost, late and repeated commands, eviction, expiry, and the death of a writer.
 */
const safe: Readonly<Record<string, Partial<Scenario>>> = {
  'two readers and two writers, commands late and in any order': { writers: [0, 1] },
  'two reads of two processes around a write': { readsEach: 2 },
  'two reads of two processes, one reply slow': { readsEach: 2, slowReplies: 1 },
  'two readers of one process that share loads': { readers: [0, 0], readsEach: 2 },
  'a lost reply, the relay beside the inline invalidation': { relayRounds: 1, lostReplies: 1 },
  'a lost reply and a lease that expires': { lostReplies: 1, leaseExpiries: 1 },
  'eviction of entry, stamp or epoch': { evictions: 1 },
  'a writer that dies at any point, and the relay': { relayRounds: 1, crashes: 1 },
  'an answer after the bound, with every process bypassing': {
    lateAnswers: 1,
    lostReplies: 1,
    readers: [1],
    readsEach: 2,
    relayRounds: 1,
  },
  'everything is invalidated while entries are evicted': { clears: 1, evictions: 1 },
  'local entries that are validated, with eviction': {
    readers: [0, 0],
    local: 'validated',
    evictions: 1,
    readsEach: isThorough ? 2 : 1,
  },
  'local entries that are validated, over a rollback': { readers: [0], local: 'validated', restarts: 1, readsEach: 2 },
  'a refresh over an entry that expires, and whose lease does': {
    readers: [1],
    refresher: true,
    expiries: 1,
    readsEach: 2,
    leaseExpiries: 1,
  },
  'a refresh beside validated local entries': {
    readers: [1],
    local: 'validated',
    refresher: true,
    expiries: 1,
    readsEach: 2,
  },
  'a write that is written through, read by another process': { readers: [1], writeThrough: true, readsEach: 2 },
  'a write that is written through, read by the same process': { readers: [0, 0], writeThrough: true },
  'a restart with an older dump': { restarts: 1 },
  'a failover to a lagging replica while the old master still answers': {
    servers: 'failover',
    restarts: 1,
    readers: [0],
    readsEach: 2,
    writers: [1],
  },
  'a master that was replaced and takes over again as it was': RETURNING,
  'the same, with a process that starts at any time': { ...RETURNING, readsEach: 1, startsLater: true },
  'an answer that rests on a write whose invalidation is under way': {
    repeaters: [1],
    readers: [1],
    readsEach: 2,
    lostReplies: 1,
  },
  'the same, where the writer dies at any point': {
    repeaters: [1],
    readers: [1],
    readsEach: 2,
    crashes: 1,
    relayRounds: 1,
  },
  'split reads of a Cluster': { servers: 'cluster', readers: [0], readsEach: 2 },
  'split reads of a Cluster, one master restarting with an older dump': {
    restarts: 1,
    servers: 'cluster',
    readers: [0],
    readsEach: 2,
    processes: 1,
  },
};

/** Larger ones, minutes in all: `npm run test:model`. */
const larger: Readonly<Record<string, Partial<Scenario>>> = {
  'two writers, a lost reply and the relay': { writers: [0, 1], lostReplies: 1, relayRounds: 1 },
  'three readers of two processes, one reply slow': { readers: [1, 0, 0], writers: [1], slowReplies: 1 },
  'three readers of two processes, slow replies, a lost one': { readers: [1, 0, 0], slowReplies: 2, lostReplies: 1 },
  'a writer that dies, an eviction, the relay': { crashes: 1, evictions: 1, relayRounds: 1 },
  'validated local entries over a rollback, with eviction': {
    readers: [0, 1],
    local: 'validated',
    restarts: 1,
    evictions: 1,
  },
  'split reads of a Cluster, eviction, a lost reply': {
    servers: 'cluster',
    readsEach: 2,
    evictions: 1,
    lostReplies: 1,
  },
  'a failover beside two readers and two writers': {
    servers: 'failover',
    restarts: 1,
    readers: [0, 1],
    writers: [0, 1],
  },
  'a failover, a lost reply and the relay': {
    servers: 'failover',
    restarts: 1,
    readers: [0],
    readsEach: 2,
    writers: [1],
    lostReplies: 1,
    relayRounds: 1,
  },
  'a refresh beside two writers, with expiry of entry and lease': {
    readers: [1],
    refresher: true,
    writers: [0, 1],
    readsEach: 2,
    expiries: 1,
    leaseExpiries: 1,
  },
};

const explored = isThorough ? { ...safe, ...larger } : safe;

const DELETING: Partial<Protocol> = { invalidation: 'delete', lease: false, epoch: false, outbox: false };

/** Protocols that are wrong in one point, with a schedule that shows it. The product is safe in the very same one. */
const broken: Readonly<Record<string, readonly [Partial<Protocol>, Partial<Scenario>]>> = {
  'plain get, set and delete': [DELETING, { readers: [0], readsEach: 2 }],
  'delayed double delete': [
    { ...DELETING, doubleDelete: true },
    { readers: [0], readsEach: 2 },
  ],
  'a lease, with errors of the delete swallowed': [
    { ...DELETING, lease: true, swallowsErrors: true },
    { readers: [0], readsEach: 2, lostReplies: 1 },
  ],
  'no epoch, after a rollback': [{ epoch: false }, { readers: [0], readsEach: 2, restarts: 1 }],
  'stamps read at the fill': [{ stampsReadAt: 'fill' }, { readers: [0], readsEach: 2 }],
  'counters as stamps': [{ stampIds: 'counter' }, { readers: [0], readsEach: 2, evictions: 1 }],
  'an epoch without lease or stamps': [
    { ...DELETING, epoch: true },
    { readers: [0], readsEach: 2 },
  ],
  "a writer's late set": [
    { ...DELETING, lease: true, writerSets: 'value' },
    { readers: [0], writers: [0, 1] },
  ],
  'a set onto an evicted key': [
    { ...DELETING, lease: true, writerSets: 'if-newer' },
    { readers: [0], writers: [0, 1], evictions: 1 },
  ],
  'a load shared whenever it began': [{ guardedJoin: false }, { readers: [0, 0], readsEach: 2 }],
  'a silent server believed again without a look': [
    { checksSilentServer: false, waitsForOldMaster: false },
    { readers: [0], readsEach: 2, restarts: 1, servers: 'failover', writers: [1] },
  ],
  'a new master used while another process trusts the old one': [
    { waitsForOldMaster: false },
    { readers: [0], readsEach: 2, restarts: 1, servers: 'failover', writers: [1] },
  ],
  'a master that takes over again, and no record of the one in between': [{ recordsPrimaries: false }, RETURNING],
  'a value found before the joiner came': [
    { guardedLanding: false },
    { readers: [0, 0], readsEach: 2, writers: [1], slowReplies: 1 },
  ],
  'stale served after an invalidation': [{ staleAfterInvalidation: true }, { readers: [0], readsEach: 2, expiries: 1 }],
  "an acknowledgement that rests on another's undelivered row": [
    { deliversWhatItRestsOn: false },
    { repeaters: [1], readers: [1], readsEach: 2 },
  ],
  'a read that writes outside a transaction with its tags, and dies': [
    { rowsInTransaction: false },
    { repeaters: [1], readers: [1], readsEach: 2, crashes: 1 },
  ],
  'stamps without an outbox, with errors swallowed': [
    { outbox: false, swallowsErrors: true },
    { readers: [0], readsEach: 2, lostReplies: 1 },
  ],
};

let states = 0;
let ms = 0;

const sound = new Map<string, Exploration<State>>();

function search(protocol: Partial<Protocol>, scenario: Partial<Scenario>): Exploration<State> {
  return explore(new ProtocolModel({ ...PRODUCT, ...protocol }, { ...QUIET, ...scenario }), 20_000_000);
}

/** The product's protocol. A schedule that stands beside several others is explored once. */
function searchProduct(name: string, scenario: Partial<Scenario>): Exploration<State> {
  const key = JSON.stringify({ ...QUIET, ...scenario });
  const known = sound.get(key);
  if (known !== undefined) return known;
  const found = search({}, scenario);
  sound.set(key, found);
  note(name, found);
  return found;
}

function note(name: string, found: Exploration<State>): void {
  states += found.states;
  ms += found.ms;
  const outcome = found.violation === undefined ? 'no stale read' : `stale after ${found.violation.steps.length} steps`;
  const counts = `${found.states.toLocaleString('en').padStart(9)} states ${found.transitions.toLocaleString('en').padStart(10)} steps`;
  process.stderr.write(`${counts} ${(found.ms / 1000).toFixed(1).padStart(6)} s  ${outcome.padEnd(22)} ${name}\n`);
}

afterAll(() => {
  process.stderr.write(`${states.toLocaleString('en')} states in ${(ms / 1000).toFixed(1)} s\n`);
});

describe('the cache protocol, explored exhaustively', () => {
  it.each(Object.entries(explored))(
    'never returns a stale value: %s',
    (name, scenario) => {
      const found = searchProduct(name, scenario);
      expect(found.violation?.steps).toBeUndefined();
      expect(found.complete).toBe(true);
    },
    1_800_000,
  );
});

describe('protocols that are wrong in one point', () => {
  it.each(Object.entries(broken))(
    'are found stale: %s',
    (name, [protocol, scenario]) => {
      const found = search(protocol, scenario);
      note(`BROKEN: ${name}`, found);
      expect(found.violation?.state.stale).toMatch(/after \d was acknowledged$/);
      const alongside = searchProduct(`sound beside it: ${name}`, scenario);
      expect(alongside.violation?.steps).toBeUndefined();
      expect(alongside.complete).toBe(true);
    },
    180_000,
  );
});
