import fc from 'fast-check';
import { estimateTokens, planCalls, TokenCalibration } from './call-plan.js';

describe('planCalls', () => {
  it('keeps texts and order, and obeys both limits unless one text alone is over', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 60 })),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 30 }),
        (texts, textsPerCall, tokensPerCall) => {
          const calls = planCalls(texts, { textsPerCall, tokensPerCall });
          expect(calls.flat()).toEqual(texts);
          for (const call of calls) {
            expect(call.length).toBeGreaterThan(0);
            expect(call.length).toBeLessThanOrEqual(textsPerCall);
            const tokens = call.reduce((sum, text) => sum + estimateTokens(text), 0);
            expect(call.length === 1 || tokens <= tokensPerCall).toBe(true);
          }
        },
      ),
    );
  });

  it('fills each call', () => {
    const calls = planCalls(
      Array.from({ length: 300 }, (_, n) => `text ${n}`),
      { textsPerCall: 128, tokensPerCall: 1e6 },
    );
    expect(calls.map((call) => call.length)).toEqual([128, 128, 44]);
  });
});

describe('TokenCalibration', () => {
  it('learns how far guesses are off', () => {
    const calibration = new TokenCalibration();
    expect(calibration.likely(90)).toBe(90);
    calibration.observe(100, 50);
    expect(calibration.likely(90)).toBe(45);
  });
});
