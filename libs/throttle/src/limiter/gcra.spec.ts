import fc from 'fast-check';
import { chargeMicros, decide, fullMicros, unitMicros } from './gcra.js';

const limits = fc.record({
  name: fc.constant('reads'),
  limit: fc.integer({ min: 1, max: 10_000 }),
  periodMs: fc.integer({ min: 1_000, max: 3_600_000 }),
});

describe('the generic cell rate algorithm', () => {
  it('T10 lets exactly the limit pass at one moment', () => {
    fc.assert(
      fc.property(limits, fc.nat({ max: 50 }), (limit, more) => {
        let emptyAt: number | undefined;
        let passed = 0;
        for (let call = 0; call < limit.limit + more; call++) {
          const { decision, emptyAt: after } = decide([{ limit, units: 1 }], [emptyAt], 1_000_000);
          if (decision.allowed) passed++;
          [emptyAt] = after;
        }
        expect(passed).toBe(limit.limit);
      }),
      { numRuns: 50 },
    );
  });

  it('never lets more than a limit and what comes back meanwhile pass, whenever the calls come', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.nat({ max: 2_000_000 }), { maxLength: 200 }), (limit, gaps) => {
        let now = 5_000_000;
        let emptyAt: number | undefined;
        const passed: number[] = [];
        for (const gap of gaps) {
          now += gap;
          const { decision, emptyAt: after } = decide([{ limit, units: 1 }], [emptyAt], now);
          if (decision.allowed) passed.push(now);
          [emptyAt] = after;
        }
        for (let first = 0; first < passed.length; first++)
          for (let last = first; last < passed.length; last++) {
            const span = (passed[last] as number) - (passed[first] as number);
            expect(last - first + 1).toBeLessThanOrEqual(limit.limit + Math.floor(span / unitMicros(limit)));
          }
      }),
      { numRuns: 50 },
    );
  });

  it('T47 says when a refused call would pass: then it does, a unit earlier it does not', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 20 }), (limit, units) => {
        const charges = [{ limit, units }];
        let emptyAt: readonly number[] = [];
        let decision;
        do ({ decision, emptyAt } = decide(charges, emptyAt, 0));
        while (decision.allowed);
        const waitMicros = (decision.states[0]?.retryAfterMs ?? 0) * 1000;
        expect(waitMicros).toBeGreaterThan(0);
        expect(decide(charges, emptyAt, waitMicros).decision.allowed).toBe(true);
        fc.pre(waitMicros > 2000);
        expect(decide(charges, emptyAt, waitMicros - 2000).decision.allowed).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('T48 takes nothing of any limit where one refuses', () => {
    const many = { name: 'reads', limit: 100, periodMs: 60_000 };
    const few = { name: 'search', limit: 1, periodMs: 60_000 };
    const charges = [many, few].map((limit) => ({ limit, units: 1 }));
    const first = decide(charges, [], 0);
    expect(first.decision.states.map(({ remaining }) => remaining)).toEqual([99, 0]);
    const second = decide(charges, first.emptyAt, 0);
    expect(second.decision.allowed).toBe(false);
    expect(second.decision.states.map(({ remaining }) => remaining)).toEqual([99, 0]);
    expect(second.decision.states.map(({ retryAfterMs }) => retryAfterMs)).toEqual([0, 60_000]);
  });

  it('keeps the rate of limits whose units take less than a microsecond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000, max: 1_000_000_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (max, units) => {
          const limit = { name: 'tokens', limit: max, periodMs: 60_000 };
          expect(Math.abs(fullMicros(limit) - 60_000_000)).toBeLessThanOrEqual(1_200_000);
          const charge = { limit, units };
          const share = chargeMicros(charge) / fullMicros(limit);
          expect(share).toBeGreaterThanOrEqual(units / max);
          expect(share).toBeLessThanOrEqual(units / max + 1e-7);
          expect(chargeMicros({ limit, units: max })).toBe(fullMicros(limit));
        },
      ),
    );
  });

  it('counts more units than the limit as all of them', () => {
    const limit = { name: 'reads', limit: 3, periodMs: 3_000 };
    const { decision, emptyAt } = decide([{ limit, units: 10 }], [], 0);
    expect(decision.allowed).toBe(true);
    expect(emptyAt).toEqual([fullMicros(limit)]);
  });
});
