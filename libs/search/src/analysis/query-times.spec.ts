import { timesIn } from './query-times.js';

const days = (from: string, to: string) => ({
  fromMs: Date.parse(`${from}T00:00:00Z`),
  toMs: Date.parse(`${to}T00:00:00Z`),
});

describe('timesIn', () => {
  it.each([
    ['what did Ann say on 8 May 2023?', days('2023-05-08', '2023-05-09')],
    ['what did Ann say on 8th of May, 2023?', days('2023-05-08', '2023-05-09')],
    ['on Dec 31, 2023', days('2023-12-31', '2024-01-01')],
    ['on 2024-02-29.', days('2024-02-29', '2024-03-01')],
    ['in sept. 2023', days('2023-09-01', '2023-10-01')],
    ['during December, 2023', days('2023-12-01', '2024-01-01')],
    ['on 2023/5/8, or so', days('2023-05-08', '2023-05-09')],
    ['on 2023/05/08', days('2023-05-08', '2023-05-09')],
    ['(2023-05)', days('2023-05-01', '2023-06-01')],
  ])('reads %s', (question, time) => {
    expect(timesIn(question)).toEqual([time]);
  });

  it('reads each date once, the four that say most', () => {
    expect(timesIn('between 1 May 2023 and June 2023')).toEqual([
      days('2023-05-01', '2023-05-02'),
      days('2023-06-01', '2023-07-01'),
    ]);
    expect(timesIn('2020-01 2020-02 2020-03 2020-04 2020-05')).toHaveLength(4);
  });

  it.each([
    'in May',
    'may 30',
    '2023-04-31',
    '2023-13-01',
    '2023/02/30',
    'a/2023/05/08/b',
    'version 2023-05-08-rc1',
    'maybe 2023',
    '8 Marchmont 2023',
  ])('reads no date in: %s', (question) => {
    expect(timesIn(question)).toEqual([]);
  });
});
