import { EraseModel, type EraseProtocol, type EraseScenario, type EraseState, PRODUCT_ERASE } from './erase-model.js';
import { type Exploration, explore } from './explore.js';

const QUIET: EraseScenario = { readers: [0, 1], readsEach: 2, crashes: 0, lostReplies: 0, leaseExpiries: 0, pauses: 0 };

/** Two reads of two readers each take minutes in all: `npm run test:model`. */
const readsEach = process.env['KEEPSAKE_MODEL'] === 'full' ? 2 : 1;

const safe: Readonly<Record<string, Partial<EraseScenario>>> = {
  'an erasure beside loads under way of two processes': {},
  'loads that are shared, and what processes answer alone': { readers: [1, 1] },
  'an eraser that dies at any point after its commit': { crashes: 1 },
  'a process that is paused for as long as it likes': { readers: [1, 1], readsEach, pauses: 1 },
  'a pause of either process, and the death of the eraser': { readsEach, pauses: 1, crashes: 1 },
  'a pause and a death beside two reads of one process': { readers: [1], pauses: 1, crashes: 1 },
  'lost replies, of the removal too': { readsEach, lostReplies: 1 },
  'a lost reply beside two reads of one process': { readers: [1], lostReplies: 1 },
  'a lease that expires': { readsEach, leaseExpiries: 1 },
  'a lease that expires beside two reads of one process': { readers: [1], leaseExpiries: 1 },
};

/** Ways of erasing that are wrong in one point, with a schedule that shows it. The product is safe in the very same one. */
const broken: Readonly<Record<string, readonly [Partial<EraseProtocol>, Partial<EraseScenario>]>> = {
  'entries are removed and leases are not': [{ breaksLeases: false }, {}],
  'the shared tier is cleared, and processes keep what they have': [{ dropsLocal: false }, {}],
  'what was read before the drop is kept after it': [{ guardsKeeping: false }, {}],
  'a load that began before the drop is shared after it': [{ forgetsLoads: false }, { readers: [1, 1] }],
  'entries that are still to be removed are read again': [{ bypassesWhilePending: false }, {}],
  'a process that was paused answers alone at once': [
    { looksWhenLate: false },
    { readers: [1, 1], readsEach, pauses: 1 },
  ],
  'the eraser dies, and no row was written': [{ writesRow: false }, { crashes: 1 }],
};

const found = new Map<string, Exploration<EraseState>>();

function search(name: string, protocol: Partial<EraseProtocol>, scenario: Partial<EraseScenario>) {
  const key = JSON.stringify([protocol, { ...QUIET, ...scenario }]);
  const known = found.get(key);
  if (known !== undefined) return known;
  const result = explore(new EraseModel({ ...PRODUCT_ERASE, ...protocol }, { ...QUIET, ...scenario }));
  found.set(key, result);
  process.stderr.write(
    `${result.states.toLocaleString('en').padStart(9)} states ${(result.ms / 1000).toFixed(1).padStart(6)} s  ${name}\n`,
  );
  return result;
}

describe('erasing, explored exhaustively', () => {
  it.each(Object.entries(safe))(
    'never returns an erased text: %s',
    (name, scenario) => {
      const result = search(name, {}, scenario);
      expect(result.violation?.steps).toBeUndefined();
      expect(result.complete).toBe(true);
    },
    180_000,
  );
});

describe('ways of erasing that are wrong in one point', () => {
  it.each(Object.entries(broken))(
    'are found out: %s',
    (name, [protocol, scenario]) => {
      expect(search(`BROKEN: ${name}`, protocol, scenario).violation?.state.stale).toMatch(/after the erasure$/);
      const alongside = search(`sound beside it: ${name}`, {}, scenario);
      expect(alongside.violation?.steps).toBeUndefined();
      expect(alongside.complete).toBe(true);
    },
    180_000,
  );
});
