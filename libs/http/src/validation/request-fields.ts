import { z } from 'zod';

/**
 * An id as a request names it: a UUID in either case, in the lower case in which everything is stored. Cache keys and
 * tags are built from ids, so one thing must have one name. What is no UUID is reported as such.
 */
export const entityId = (reported?: string) => z.uuid(reported).toLowerCase();

/** The id of a path parameter as the cache of responses names it, which sees requests before they are validated. */
export function namedId(params: Readonly<Record<string, string>>, name = 'id'): string {
  return (params[name] ?? '').toLowerCase();
}

const WHOLE = /^(?:0|[1-9]\d*)$/;
const DECIMAL = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * A whole number in a query, in plain digits: no sign, no exponent, no zeros or spaces in front, no other base. Where absent
 * means a number, it is said by `prefault`: descriptions of the API have that.
 */
export function queryInteger(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}, in plain digits`;
  return z.preprocess((text) => fromDigits(WHOLE, text), z.int({ error }).min(min, { error }).max(max, { error }));
}

/** A number in a query, in plain digits with or without a decimal point. */
export function queryDecimal(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}, in plain digits`;
  return z.preprocess((text) => fromDigits(DECIMAL, text), z.number({ error }).min(min, { error }).max(max, { error }));
}

function fromDigits(form: RegExp, text: unknown): unknown {
  return typeof text === 'string' && form.test(text) ? Number(text) : text;
}

/** A text that is kept as it is given, spaces at its ends as well, and holds something else than spaces. */
export function textField(maxLength: number): z.ZodString {
  return z.string().min(1).max(maxLength).refine(isNotBlank, 'must not be empty');
}

function isNotBlank(value: string): boolean {
  return value.trim() !== '';
}

const A_TIME = 'must be a time like 2026-11-21T12:00:00Z';

/**
 * A point in time, kept as text. In UTC it is of the years 1 to 9999, which is what answers can show.
 * @param options.offset false: written in UTC, with Z
 */
export const timeField = ({ offset = true, error = A_TIME } = {}) =>
  z.iso.datetime({ offset, error }).refine(isOfOurEra, 'must be of the years 1 to 9999 in UTC');

/** A day of the years 1 to 9999. */
export const dayField = () =>
  z.iso.date({ error: 'must be a day like 2026-11-21' }).refine(isOfOurEra, 'must be of the years 1 to 9999');

/** What is no time at all is reported as that alone. */
function isOfOurEra(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return Number.isNaN(year) || (year >= 1 && year <= 9999);
}
