import { nextAttemptAt, RETRY_FOR_MS, retryAfterMs } from './retry-schedule.js';

const firstAt = new Date(Date.UTC(2031, 0, 1));
const after = (ms: number) => new Date(firstAt.getTime() + ms);

describe('the schedule of retries', () => {
  it('grows to an hour, spread by a tenth, and ends with an attempt after a day', () => {
    const delays: number[] = [];
    let now = firstAt;
    for (let attempts = 1; ; attempts++) {
      const next = nextAttemptAt({ attempts, firstAt, now }, 0.5);
      if (next === undefined) break;
      delays.push((next.getTime() - now.getTime()) / 1000);
      now = next;
    }
    expect(delays.slice(0, 8)).toEqual([5, 15, 45, 135, 405, 1215, 3600, 3600]);
    expect(now).toEqual(after(RETRY_FOR_MS));
    expect(delays.length).toBeGreaterThan(25);
    const at = (random: number) => nextAttemptAt({ attempts: 1, firstAt, now: firstAt }, random);
    expect([at(0), at(1)]).toEqual([after(4500), after(5500)]);
  });

  it('waits as long as a receiver asks, an hour at most', () => {
    const at = (afterMs: number) => nextAttemptAt({ attempts: 1, firstAt, now: firstAt }, 0.5, afterMs);
    expect(at(60_000)).toEqual(after(60_000));
    expect(at(1_000)).toEqual(after(5_000));
    expect(at(9e12)).toEqual(after(3_600_000));
  });

  it.each([
    [undefined, 0],
    ['120', 120_000],
    ['Wed, 01 Jan 2031 00:01:00 GMT', 60_000],
    ['Tue, 31 Dec 2030 00:01:00 GMT', 0],
    ['soon', 0],
    ['-5', 0],
  ])('reads Retry-After %p as %p ms', (header, expected) => {
    // A negative number is a date to some: it lies far back.
    expect(retryAfterMs(header, firstAt)).toBe(expected);
  });
});
