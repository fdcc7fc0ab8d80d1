import type { TimeRange } from '../search.js';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(?<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
const DAY = '(?<day>\\d{1,2})(?:st|nd|rd|th)?';
const YEAR = '(?<year>[12]\\d{3})';

/** The more they say, the earlier they come: what one has read is not read again by the next. */
const DATES = [
  `(?<year>[12]\\d{3})-(?<number>\\d{2})-(?<day>\\d{2})`,
  `${DAY}(?: of)? ${MONTH},? ${YEAR}`,
  `${MONTH} ${DAY},? ${YEAR}`,
  `${MONTH},? ${YEAR}`,
  `(?<year>[12]\\d{3})-(?<number>\\d{2})`,
].map((date) => new RegExp(`(?<![\\p{L}\\p{N}-])${date}(?![\\p{L}\\p{N}-])`, 'giu'));

const MOST = 4;

/**
 * The days and months that a question names with their year, in English or as ISO 8601 writes them: `8 May 2023`,
 * `May 8th, 2023`, `May 2023`, `2023-05-08`, `2023-05`. In UTC. What is no day of the calendar is no date.
 */
export function timesIn(text: string): TimeRange[] {
  const times: TimeRange[] = [];
  let rest = text;
  for (const date of DATES)
    rest = rest.replace(date, (written: string, ...parts: unknown[]) => {
      const time = rangeOf(parts.at(-1) as Readonly<Record<string, string | undefined>>);
      if (time === undefined) return written;
      times.push(time);
      return ' ';
    });
  return times.slice(0, MOST);
}

function rangeOf({ year, month, number, day }: Readonly<Record<string, string | undefined>>): TimeRange | undefined {
  const index = month === undefined ? Number(number) - 1 : MONTHS.indexOf(month.slice(0, 3).toLowerCase());
  const from = new Date(Date.UTC(Number(year), index, day === undefined ? 1 : Number(day)));
  if (from.getUTCMonth() !== index) return undefined;
  const toMs =
    day === undefined ? Date.UTC(Number(year), index + 1, 1) : Date.UTC(Number(year), index, Number(day) + 1);
  return { fromMs: from.getTime(), toMs };
}
