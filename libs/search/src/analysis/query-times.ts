import { monthOf } from './calendar.js';
import type { TimeRange } from '../search.js';

/** The more they say, the earlier they come: what one has read is not read again by the next. */
const DATES = [
  /(?<![\p{L}\p{N}-])(?<year>[12]\d{3})-(?<number>\d{2})-(?<day>\d{2})(?![\p{L}\p{N}-])/gu,
  /(?<![\p{L}\p{N}/-])(?<year>[12]\d{3})\/(?<number>\d{1,2})\/(?<day>\d{1,2})(?![\p{L}\p{N}/-])/gu,
  /(?<![\p{L}\p{N}-])(?<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?<month>[a-z]{3,9})\.?,? (?<year>[12]\d{3})(?![\p{L}\p{N}-])/giu,
  /(?<![\p{L}\p{N}-])(?<month>[a-z]{3,9})\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,? (?<year>[12]\d{3})(?![\p{L}\p{N}-])/giu,
  /(?<![\p{L}\p{N}-])(?<month>[a-z]{3,9})\.?,? (?<year>[12]\d{3})(?![\p{L}\p{N}-])/giu,
  /(?<![\p{L}\p{N}-])(?<year>[12]\d{3})-(?<number>\d{2})(?![\p{L}\p{N}-])/gu,
];

const MOST = 4;

/**
 * The days and months that a question names with their year, in English or the year first: `8 May 2023`, `May 8th, 2023`,
 * `May 2023`, `2023-05-08`, `2023/5/8`, `2023-05`. In UTC. What is no day of the calendar is no date.
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
  const index = month === undefined ? Number(number) - 1 : monthOf(month.toLowerCase());
  const from = new Date(Date.UTC(Number(year), index, day === undefined ? 1 : Number(day)));
  if (from.getUTCMonth() !== index || (day !== undefined && from.getUTCDate() !== Number(day))) return undefined;
  const toMs =
    day === undefined ? Date.UTC(Number(year), index + 1, 1) : Date.UTC(Number(year), index, Number(day) + 1);
  return { fromMs: from.getTime(), toMs };
}
