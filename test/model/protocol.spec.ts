import { explore } from './explore.js';
import { PRODUCT, type Protocol, ProtocolModel, QUIET, type Scenario } from './protocol-model.js';

const safe: Readonly<Record<string, Partial<Scenario>>> = {
  'two readers, two writers, late commands': { writers: [0, 1] },
  'lost replies, eviction, lease expiry, relay': { relayRounds: 1, lostReplies: 1, evictions: 1, leaseExpiries: 1 },
  'a writer that dies at any point': { relayRounds: 1, crashes: 1, readsEach: 2 },
};

const results: string[] = [];
afterAll(() => { process.stdout.write(results.join('\n') + '\n'); });

describe('safe', () => {
  it.each(Object.entries(safe))('%s', (name, scenario) => {
    const r = explore(new ProtocolModel(PRODUCT, { ...QUIET, ...scenario }));
    results.push(`${name}: ${r.states} states, ${r.transitions} transitions, ${Math.round(r.ms)} ms`);
    expect(r.violation?.steps).toBeUndefined();
    expect(r.complete).toBe(true);
  });
});
