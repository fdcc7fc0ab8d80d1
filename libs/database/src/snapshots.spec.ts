import { FakeTransactionRunner } from './testing/fake-transaction-runner.js';
import { Snapshots } from './snapshots.js';

describe('reading a moment with one connection', () => {
  const snapshots = new Snapshots(new FakeTransactionRunner(), true);

  it('reads again what changed meanwhile, and answers with what did not', async () => {
    let state = 0;
    let runs = 0;
    const read = await snapshots.read(
      async () => String(state),
      async () => {
        const seen = state;
        if (++runs < 3) state++;
        return seen;
      },
    );
    expect({ read, runs }).toEqual({ read: 2, runs: 3 });
  });

  it('says so where it never rests', async () => {
    let state = 0;
    const reading = snapshots.read(
      async () => String(state),
      async () => state++,
    );
    await expect(reading).rejects.toMatchObject({ code: 'project-busy', kind: 'unavailable' });
  });
});
