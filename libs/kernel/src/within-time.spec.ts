import { withinTime } from './within-time.js';

describe('withinTime', () => {
  const never = () => new Promise<string>(() => undefined);

  it('answers as the work does', async () => {
    expect(await withinTime(60_000, () => 'at once', never as never)).toBe('at once');
    expect(await withinTime(60_000, async () => 'later', never as never)).toBe('later');
    await expect(withinTime(60_000, async () => Promise.reject(new Error('failed')), never as never)).rejects.toThrow(
      'failed',
    );
  });

  it('answers otherwise where the work has no answer in time', async () => {
    expect(await withinTime(1, never, () => 'late')).toBe('late');
    const fail = () => {
      throw new Error('too late');
    };
    await expect(withinTime(1, never, fail)).rejects.toThrow('too late');
  });

  it('takes what has arrived while this process was busy', async () => {
    const arrived = withinTime(
      1,
      () => new Promise<string>((settle) => setImmediate(settle, 'arrived')),
      () => 'late',
    );
    const startedMs = performance.now();
    while (performance.now() - startedMs < 20);
    expect(await arrived).toBe('arrived');
  });
});
