/** Stretches of the calendar, in UTC. Weeks begin on Monday. */
export type CalendarUnit = 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** The beginning of the stretch that holds a moment, or of the one so many stretches later. */
export function startOfUnit(ms: number, unit: CalendarUnit, later = 0): number {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  switch (unit) {
    case 'hour':
      return (Math.floor(ms / HOUR_MS) + later) * HOUR_MS;
    case 'day':
      return (Math.floor(ms / DAY_MS) + later) * DAY_MS;
    case 'week':
      // The first day of 1970 was a Thursday.
      return (Math.floor((Math.floor(ms / DAY_MS) + 3) / 7) + later) * 7 * DAY_MS - 3 * DAY_MS;
    case 'month':
      return Date.UTC(year, month + later, 1);
    case 'quarter':
      return Date.UTC(year, Math.floor(month / 3) * 3 + later * 3, 1);
    case 'year':
      return Date.UTC(year + later, 0, 1);
  }
}

/** @returns 0 to 11, or -1 for what names no month; `sept` and the first three letters name one */
export function monthOf(word: string): number {
  return MONTHS.findIndex(
    (name) => word === name || word === name.slice(0, 3) || (word === 'sept' && name.startsWith(word)),
  );
}

/** @returns 0 for Monday to 6, or -1 for what names no day of the week */
export function weekdayOf(word: string): number {
  return WEEKDAYS.indexOf(word);
}

/** The last day of that name before today. @param weekday 0 for Monday */
export function lastWeekday(nowMs: number, weekday: number): number {
  const today = Math.floor(nowMs / DAY_MS);
  const back = ((today + 3 - weekday + 6) % 7) + 1;
  return (today - back) * DAY_MS;
}

/** @returns undefined for a day that the calendar does not have */
export function dayOf(year: number, month: number, day: number): number | undefined {
  const ms = Date.UTC(year, month, day);
  const date = new Date(ms);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? ms : undefined;
}
