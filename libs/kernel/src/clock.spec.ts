import { SharedTime } from './clock.js';

const START_MS = Date.UTC(2030, 0, 1);

describe('the time that processes share', () => {
  let monotonicMs: number;
  let time: SharedTime;

  beforeEach(() => {
    monotonicMs = 1_000.5;
    time = new SharedTime(START_MS, () => monotonicMs);
  });

  it('runs on the monotonic clock, in whole milliseconds', () => {
    expect(time.nowMs()).toBe(START_MS);
    monotonicMs += 1_500.7;
    expect(time.nowMs()).toBe(START_MS + 1_500);
  });

  it.each([-300_000, 300_000])('T61 is what the first sample says, %i ms away', (awayMs) => {
    time.nowMs();
    time.set(START_MS + awayMs);
    expect(time.nowMs()).toBe(START_MS + awayMs);
  });

  it('T61 follows a later sample ahead at once, and never steps back to one that is behind', () => {
    time.set(START_MS);
    monotonicMs += 1_000;
    time.set(START_MS + 60_000);
    expect(time.nowMs()).toBe(START_MS + 60_000);
    let [before, sampleMs] = [time.nowMs(), START_MS];
    for (let second = 1; second <= 130; second++) {
      monotonicMs += 1_000;
      sampleMs += 1_000;
      time.set(sampleMs);
      expect(time.nowMs()).toBeGreaterThanOrEqual(before);
      before = time.nowMs();
    }
    expect(before).toBe(sampleMs);
  });
});
