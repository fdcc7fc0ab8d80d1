import { type CalendarUnit, DAY_MS, dayOf, lastWeekday, monthOf, MONTHS, startOfUnit, weekdayOf } from './calendar.js';

/** A word of a question, without the punctuation around it. */
export interface QuestionWord {
  /** In lower case. */
  readonly text: string;
  /** Offsets in the question, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** Whether a clause ends behind it. */
  readonly isLast: boolean;
}

/** A stretch of time that words name. */
export interface TimeExpression {
  /** Words that it takes. */
  readonly length: number;
  readonly fromMs: number;
  /** Exclusive; absent: without an end. */
  readonly toMs?: number;
  /** When the same words mean another time. Absent: never. */
  readonly untilMs?: number;
  /** It names a month, a day or a year that only a word like `in` shows to be one. */
  readonly needsPreposition?: true;
}

const UNITS: Readonly<Record<string, CalendarUnit>> = {
  hour: 'hour',
  day: 'day',
  week: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
};
const PARTS_OF_A_DAY = new Set(['morning', 'afternoon', 'evening']);
const NUMBERS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
/** Words that a year or a month without a year may stand before: what follows is no noun that it counts. */
const GOES_ON = new Set(
  'and or but did do does was were is are am has have had can could will would should we i you they he she it the a an our my your their his her what which who where when why how that there here if for on at by to with about as before after until till since during from'.split(
    ' ',
  ),
);

const ISO_DAY = /^([12]\d{3})-(\d{2})-(\d{2})$/;
const DAY_WITH_SLASHES = /^([12]\d{3})\/(\d{1,2})\/(\d{1,2})$/;
const ISO_MONTH = /^([12]\d{3})-(\d{2})$/;
const ISO_MOMENT = /^[12]\d{3}-\d{2}-\d{2}t\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:z|[+-]\d{2}:\d{2})$/;
const YEAR = /^(?:19|20)\d{2}$/;
const DAY = /^([1-9]|[12]\d|3[01])(st|nd|rd|th)?$/;
const QUARTER = /^q([1-4])$/;
const COUNT = /^\d{1,3}$/;

type Read = (words: readonly QuestionWord[], at: number, nowMs: number) => TimeExpression | undefined;

/** The time that the words from a place on name; the longest reading. Only the numbers of a date where the language is not English. */
export function timeAt(words: readonly QuestionWord[], at: number, nowMs: number, isEnglish: boolean) {
  for (const read of isEnglish ? [isoTime, datedDay, namedMonth, year, quarter, relative, ago] : [isoTime]) {
    const time = read(words, at, nowMs);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** `the last three weeks`, behind `in`, `over`, `during` or `within`: from then on until now. */
export const lately: Read = (words, at, nowMs) => {
  const first = words[at]?.text === 'the' ? at + 1 : at;
  if (!['last', 'past'].includes(words[first]?.text ?? '')) return undefined;
  const count = countOf(words[first + 1]?.text);
  const place = first + (count === undefined ? 1 : 2);
  const unit = unitOf(words[place]?.text, count === undefined ? 'one' : 'any');
  const isOfSomething = words[place + 1]?.text === 'of';
  const isCalendars = count === undefined && first === at && words[first]?.text === 'last';
  if (unit === undefined || isCalendars || isOfSomething) return undefined;
  if (unit === 'hour')
    return range(place - at + 1, startOfUnit(nowMs, 'hour', -(count ?? 1)), undefined, startOfUnit(nowMs, 'hour', 1));
  const today = new Date(startOfUnit(nowMs, 'day'));
  const months = { month: 1, quarter: 3, year: 12, day: 0, week: 0 }[unit] * (count ?? 1);
  const days = { month: 0, quarter: 0, year: 0, day: 1, week: 7 }[unit] * (count ?? 1);
  const from = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - months, today.getUTCDate() - days);
  return range(place - at + 1, from, undefined, startOfUnit(nowMs, 'day', 1));
};

const isoTime: Read = (words, at) => {
  const text = words[at]?.text ?? '';
  const day = ISO_DAY.exec(text) ?? DAY_WITH_SLASHES.exec(text);
  if (day !== null) {
    const from = dayOf(Number(day[1]), Number(day[2]) - 1, Number(day[3]));
    return from === undefined ? undefined : range(1, from, from + DAY_MS);
  }
  const month = ISO_MONTH.exec(text);
  if (month !== null) return monthRange(1, Number(month[1]), Number(month[2]) - 1);
  const moment = ISO_MOMENT.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  return Number.isNaN(moment) ? undefined : range(1, moment, moment + 1);
};

/** `8 May 2023`, `May 8th, 2023`, and without the year the last such day that has begun. */
const datedDay: Read = (words, at, nowMs) => {
  const [first, second] = [words[at]?.text ?? '', words[at + 1]?.text ?? ''];
  const isDayFirst = DAY.test(first);
  const ofWord = isDayFirst && second === 'of' ? 1 : 0;
  const name = isDayFirst ? (words[at + 1 + ofWord]?.text ?? '') : first;
  const day = DAY.exec(isDayFirst ? first : second);
  const month = monthOf(name);
  if (day === null || month < 0) return undefined;
  const length = 2 + ofWord;
  const written = words[at + length]?.text ?? '';
  if (YEAR.test(written)) {
    const from = dayOf(Number(written), month, Number(day[1]));
    return from === undefined ? undefined : range(length + 1, from, from + DAY_MS);
  }
  if (!isWholeName(name) || !mayEnd(words, at + length - 1)) return undefined;
  const thisYear = new Date(nowMs).getUTCFullYear();
  // As far apart as 29 February is, also over a year like 2100.
  const days = Array.from(
    { length: 17 },
    (_, place) => dayOf(thisYear - 8 + place, month, Number(day[1])) ?? [],
  ).flat();
  const from = days.findLast((ms) => ms <= nowMs);
  const next = days.find((ms) => ms > nowMs);
  if (from === undefined) return undefined;
  return { ...range(length, from, from + DAY_MS, next), needsPreposition: true };
};

/** `May 2023`, and without the year the last such month that has begun. */
const namedMonth: Read = (words, at, nowMs) => {
  const name = words[at]?.text ?? '';
  const month = monthOf(name);
  if (month < 0) return undefined;
  const written = words[at + 1]?.text ?? '';
  if (YEAR.test(written)) return monthRange(2, Number(written), month);
  if (!isWholeName(name) || !mayEnd(words, at)) return undefined;
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = Date.UTC(thisYear, month, 1) <= nowMs ? thisYear : thisYear - 1;
  const next = Date.UTC(year + 1, month, 1);
  return { ...range(1, Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1), next), needsPreposition: true };
};

const year: Read = (words, at) => {
  const text = words[at]?.text ?? '';
  if (!YEAR.test(text) || !mayEnd(words, at)) return undefined;
  return { ...range(1, Date.UTC(Number(text), 0, 1), Date.UTC(Number(text) + 1, 0, 1)), needsPreposition: true };
};

/** `Q1 2024`. */
const quarter: Read = (words, at) => {
  const number = QUARTER.exec(words[at]?.text ?? '');
  const written = words[at + 1]?.text ?? '';
  if (number === null || !YEAR.test(written)) return undefined;
  const month = (Number(number[1]) - 1) * 3;
  return range(2, Date.UTC(Number(written), month, 1), Date.UTC(Number(written), month + 3, 1));
};

/** `yesterday`, `tomorrow`, `last week`, `this month`, `next year`, `last Friday`. */
const relative: Read = (words, at, nowMs) => {
  const [first, second] = [words[at]?.text ?? '', words[at + 1]?.text];
  if (first === 'yesterday') return around(1, nowMs, 'day', -1);
  if (first === 'tomorrow') return around(1, nowMs, 'day', 1);
  const steps = { last: -1, previous: -1, this: 0, next: 1 }[first];
  // `the last week of the trial` is none of the calendar's.
  if (steps === undefined || (words[at - 1]?.text === 'the' && words[at + 2]?.text === 'of')) return undefined;
  if (first === 'last' && second === 'night') return around(2, nowMs, 'day', -1);
  if (first === 'this' && PARTS_OF_A_DAY.has(second ?? '')) return around(2, nowMs, 'day', 0);
  const unit = unitOf(second, 'one');
  if (unit !== undefined && unit !== 'hour' && unit !== 'day') return around(2, nowMs, unit, steps);
  const weekday = weekdayOf(second ?? '');
  if (first !== 'last' || weekday < 0) return undefined;
  const from = lastWeekday(nowMs, weekday);
  return range(2, from, from + DAY_MS, startOfUnit(nowMs, 'day', 1));
};

/** `two months ago`: that month; `3 days ago`: that day. */
const ago: Read = (words, at, nowMs) => {
  const isCouple = words[at]?.text === 'a' && words[at + 1]?.text === 'couple' && words[at + 2]?.text === 'of';
  const place = isCouple ? at + 3 : at + 1;
  const count = isCouple ? 2 : countOf(words[at]?.text);
  const unit = unitOf(words[place]?.text, 'any');
  if (count === undefined || unit === undefined || words[place + 1]?.text !== 'ago') return undefined;
  return around(place + 2 - at, nowMs, unit, -count);
};

/** Whether nothing follows that a number or a month could belong to, such as `2000 tokens` or `may company`. */
function mayEnd(words: readonly QuestionWord[], at: number): boolean {
  const next = words[at + 1];
  return next === undefined || words[at]?.isLast === true || GOES_ON.has(next.text);
}

function isWholeName(name: string): boolean {
  return MONTHS.some((month) => month === name);
}

function countOf(text = ''): number | undefined {
  if (text === 'a' || text === 'an') return 1;
  const number = COUNT.test(text) ? Number(text) : NUMBERS.indexOf(text);
  return number > 0 ? number : undefined;
}

function unitOf(text = '', form: 'one' | 'any'): CalendarUnit | undefined {
  const one = form === 'any' && text.endsWith('s') ? text.slice(0, -1) : text;
  return Object.hasOwn(UNITS, one) ? UNITS[one] : undefined;
}

/** A stretch so many stretches from the one that is now. */
function around(length: number, nowMs: number, unit: CalendarUnit, steps: number): TimeExpression {
  return range(
    length,
    startOfUnit(nowMs, unit, steps),
    startOfUnit(nowMs, unit, steps + 1),
    startOfUnit(nowMs, unit, 1),
  );
}

function monthRange(length: number, written: number, month: number): TimeExpression | undefined {
  if (month < 0 || month > 11) return undefined;
  return range(length, Date.UTC(written, month, 1), Date.UTC(written, month + 1, 1));
}

function range(length: number, fromMs: number, toMs?: number, untilMs?: number): TimeExpression {
  return { length, fromMs, ...(toMs === undefined ? {} : { toMs }), ...(untilMs === undefined ? {} : { untilMs }) };
}
