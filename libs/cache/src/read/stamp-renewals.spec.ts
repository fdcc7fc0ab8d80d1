import { StampRenewals } from './stamp-renewals.js';

const DAY_MS = 86_400_000;

describe('which stamps are prolonged', () => {
  let nowMs: number;
  let renewals: StampRenewals;

  beforeEach(() => {
    nowMs = 0;
    renewals = new StampRenewals(() => nowMs);
  });

  it('each once an hour at most, and once a tenth of its life at least', () => {
    expect(
      renewals.due(
        [
          ['a', '1'],
          ['b', '1'],
        ],
        DAY_MS,
      ),
    ).toEqual(['a', 'b']);
    expect(
      renewals.due(
        [
          ['a', '1'],
          ['c', '1'],
        ],
        DAY_MS,
      ),
    ).toEqual(['c']);
    nowMs = 3_600_000;
    expect(
      renewals.due(
        [
          ['a', '1'],
          ['b', '1'],
        ],
        DAY_MS,
      ),
    ).toEqual(['a', 'b']);
    nowMs += 60_000;
    expect(renewals.due([['a', '1']], 600_000)).toEqual(['a']);
  });

  it('one that stands for another state at once', () => {
    renewals.due([['a', '1']], DAY_MS);
    expect(renewals.due([['a', '2']], DAY_MS)).toEqual(['a']);
    expect(renewals.due([['a', '1']], DAY_MS)).toEqual([]);
  });

  it('remembers some ten thousand, those of late', () => {
    for (let n = 0; n < 30_000; n++) renewals.due([[`k${n}`, '1']], DAY_MS);
    expect(renewals.due([['k29999', '1']], DAY_MS)).toEqual([]);
    expect(renewals.due([['k0', '1']], DAY_MS)).toEqual(['k0']);
  });
});
