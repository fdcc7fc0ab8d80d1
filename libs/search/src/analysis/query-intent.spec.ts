import type { QueryIntent } from '../search.js';
import { intentOf, rangeOf as stretchOf } from './query-intent.js';

/** A Wednesday. */
const NOW = Date.parse('2026-05-20T10:30:00Z');

const iso = (ms: number | undefined) =>
  ms === undefined ? null : new Date(ms).toISOString().replace('T00:00:00.000Z', '');
const read = (question: string, { now = NOW, isEnglish = true } = {}) => intentOf(question, now, isEnglish);
const rangeOf = (intent: QueryIntent | undefined) =>
  intent?.kind === 'time' ? [intent.phrase, iso(intent.fromMs), iso(intent.toMs), iso(intent.untilMs)] : intent;

describe('intentOf', () => {
  it.each([
    ['What database do we currently use?', 'currently'],
    ['Which port is staging on right now', 'right now'],
    ['who owns billing at the moment?', 'at the moment'],
    ['What do we deploy with these days?', 'these days'],
    ['what is used nowadays', 'nowadays'],
    ['Do we still use Jenkins?', 'still'],
    ['Is the freeze still on', 'still'],
    ['What is the latest decision on retries?', 'latest'],
    ['latest decision on retries', 'latest'],
    ['the most recent price list', 'most recent'],
    ['what is our current logging library?', 'current'],
    ['What is the current rate limit', 'current'],
    ['our current log format', 'current'],
    ['Who is on call as of now?', 'as of now'],
    ['what do we use now?', 'now'],
    ['what is the plan today?', 'today'],
    ['Do we still use what we chose in March 2024?', 'still'],
    ['What’s our current plan', 'current'],
  ])('finds that now is meant in: %s', (question, phrase) => {
    expect(read(question)).toEqual({ kind: 'now', phrase });
  });

  it.each([
    ['what did we use in March?', 'in March', '2026-03-01', '2026-04-01', '2027-03-01'],
    ['what did we use in may?', 'in may', '2026-05-01', '2026-06-01', '2027-05-01'],
    ['who was on call in December', 'in December', '2025-12-01', '2026-01-01', '2026-12-01'],
    ['the plan for March 2024', 'March 2024', '2024-03-01', '2024-04-01', null],
    ['what did Ann say on 2023/5/8?', 'on 2023/5/8', '2023-05-08', '2023-05-09', null],
    ['what did Ann say on 8th of May, 2023?', 'on 8th of May, 2023', '2023-05-08', '2023-05-09', null],
    ['on Dec 31, 2023', 'on Dec 31, 2023', '2023-12-31', '2024-01-01', null],
    ['what happened on June 3?', 'on June 3', '2025-06-03', '2025-06-04', '2026-06-03'],
    ['the price on 2024-02-29.', 'on 2024-02-29', '2024-02-29', '2024-03-01', null],
    ['what held in 2024-02', 'in 2024-02', '2024-02-01', '2024-03-01', null],
    ['what did we run in 2024?', 'in 2024', '2024-01-01', '2025-01-01', null],
    ['the goals of Q3 2025', 'of Q3 2025', '2025-07-01', '2025-10-01', null],
    ['what did we decide last week?', 'last week', '2026-05-11', '2026-05-18', '2026-05-25'],
    ['what did we decide yesterday', 'yesterday', '2026-05-19', '2026-05-20', '2026-05-21'],
    ['what did we decide last night', 'last night', '2026-05-19', '2026-05-20', '2026-05-21'],
    ['what did we do today?', 'today', '2026-05-20', '2026-05-21', '2026-05-21'],
    ["last month's budget and last month", 'last month', '2026-04-01', '2026-05-01', '2026-06-01'],
    ['what did she say last Wednesday?', 'last Wednesday', '2026-05-13', '2026-05-14', '2026-05-21'],
    ['what did she say last Tuesday?', 'last Tuesday', '2026-05-19', '2026-05-20', '2026-05-21'],
    ['what is planned next quarter', 'next quarter', '2026-07-01', '2026-10-01', '2026-07-01'],
    ['what changed this year?', 'this year', '2026-01-01', '2027-01-01', '2027-01-01'],
    ['where did we host it two months ago', 'two months ago', '2026-03-01', '2026-04-01', '2026-06-01'],
    ['what broke 3 days ago?', '3 days ago', '2026-05-17', '2026-05-18', '2026-05-21'],
    ['who owned it a couple of years ago', 'a couple of years ago', '2024-01-01', '2025-01-01', '2027-01-01'],
    ['what changed in the last 3 weeks?', 'in the last 3 weeks', '2026-04-29', null, '2026-05-21'],
    ['what changed over the past month?', 'over the past month', '2026-04-20', null, '2026-05-21'],
    ['what changed since March?', 'since March', '2026-03-01', null, '2027-03-01'],
    ['what did we use before March 2024', 'before March 2024', null, '2024-03-01', null],
    ['what did we use prior to 2024-03-05?', 'prior to 2024-03-05', null, '2024-03-05', null],
    ['what held until May 2024', 'until May 2024', null, '2024-06-01', null],
    ['what came after 2024?', 'after 2024', '2025-01-01', null, null],
    ['prices between March 2024 and 5 May 2024', 'between March 2024 and 5 May 2024', '2024-03-01', '2024-05-06', null],
    [
      'who was on call from 1 May 2024 to 3 May 2024?',
      'from 1 May 2024 to 3 May 2024',
      '2024-05-01',
      '2024-05-04',
      null,
    ],
    ['what was the latest release in March 2024', 'in March 2024', '2024-03-01', '2024-04-01', null],
    ['before the migration or in March 2024', 'in March 2024', '2024-03-01', '2024-04-01', null],
  ])('finds a time in: %s', (question, ...expected) => {
    expect(rangeOf(read(question))).toEqual(expected);
  });

  it.each([
    ['which database did we use before the migration?', 'before the migration'],
    ['what was used prior to the switch to Valkey?', 'prior to the switch to Valkey'],
    ['what did we use before?', 'before'],
    ['which queue did we previously run?', 'previously'],
  ])('finds that what has no date is meant in: %s', (question, phrase) => {
    expect(read(question)).toEqual({ kind: 'time', phrase, isEarlier: true });
  });

  it.each([
    ['may as a verb', 'may we use tabs?'],
    ['may as a verb at the end', 'what the cache may hold'],
    ['march as a verb', 'March on with the plan'],
    ['march as a noun', 'the march of progress in march order'],
    ['august as an adjective', 'in august company'],
    ['electricity', 'what is the current of the motor?'],
    ['water', 'the current of the river'],
    ['a component', 'what is the current sensor made of'],
    ['how long it has been', 'how long has she had her current job?'],
    ['a directory', 'python get the current directory'],
    ['last as a verb', 'how long does the battery last?'],
    ['last as a verb with a time', 'will it last weeks'],
    ['the last of some', 'get the last record in sql'],
    ['the last week of something', 'the last week of the trial'],
    ['a version', 'what changed in 2024.1'],
    ['a version with a name', 'upgrade to v2024'],
    ['a version behind a dash', 'release 2024-1'],
    ['a number', 'fit it in 2000 tokens'],
    ['a port', 'port 2024'],
    ['no day of the calendar', 'on 2023-04-31'],
    ['no month', 'in 2023-13'],
    ['a step of a procedure', 'what must run before the deploy'],
    ['still water', 'is there still water in the tank'],
    ['standing still', 'does the clock stand still'],
    ['a still', 'where is the still'],
    ['at the latest', 'done by noon at the latest'],
    ['now that', 'now that it works, how do we test'],
    ['until now', 'what has been tried until now'],
    ['the function', 'what does now() return'],
    ['a tag', 'pull redis:latest'],
    ['an option', 'npm install --latest'],
    ['an exclusion', 'decisions -currently'],
    ['a phrase', 'who said "these days" and “last week”'],
    ['a second', 'may 30 people attend'],
    ['ago alone', 'how long ago was it'],
    ['nothing', '?!  …'],
  ])('finds nothing in %s: %s', (_, question) => {
    expect(read(question)).toBeUndefined();
  });

  it('names a stretch of a quarter at most', () => {
    expect(stretchOf(read('in Q1 2024'))).toEqual({ fromMs: Date.parse('2024-01-01'), toMs: Date.parse('2024-04-01') });
    for (const question of ['in 2024', 'since March', 'right now', 'nothing'])
      expect(stretchOf(read(question))).toBeUndefined();
  });

  it('reads only dates of ISO 8601 where the language is not English', () => {
    expect(read('currently in March before the migration did', { isEnglish: false })).toBeUndefined();
    expect(rangeOf(read('Stand vom 2024-03-05?', { isEnglish: false }))).toEqual([
      '2024-03-05',
      '2024-03-05',
      '2024-03-06',
      null,
    ]);
  });

  it('means the last such day, also of one that few years have', () => {
    expect(rangeOf(read('on February 29'))).toEqual(['on February 29', '2024-02-29', '2024-03-01', '2028-02-29']);
    const now = Date.parse('2026-03-01T00:00:00Z');
    expect(rangeOf(read('in March', { now }))).toEqual(['in March', '2026-03-01', '2026-04-01', '2027-03-01']);
    expect(rangeOf(read('in March', { now: now - 1 }))).toEqual(['in March', '2025-03-01', '2025-04-01', '2026-03-01']);
  });

  it('never says that a time changes in the past', () => {
    const phrases = [
      'yesterday',
      'last week',
      'two months ago',
      'in March',
      'on February 29',
      'in the last hour',
      '1 hour ago',
      'next year',
      'on may 20',
    ];
    for (
      let now = Date.parse('2023-12-25T23:59:59Z');
      now < Date.parse('2025-01-10T00:00:00Z');
      now += 97 * 3_600_000 + 61_000
    )
      for (const phrase of phrases) {
        const intent = read(phrase, { now });
        expect([phrase, intent?.kind === 'time' && (intent.untilMs ?? 0) > now]).toEqual([phrase, true]);
      }
  });

  it('reads a text of any length in one pass', () => {
    for (const part of ['before ', 'in the last ', '1 ', 'a couple of ', '"', '(((', 'is still ', '2024-'])
      expect(() => read(part.repeat(20_000))).not.toThrow();
  });
});
