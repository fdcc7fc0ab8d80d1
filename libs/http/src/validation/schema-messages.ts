import type { z } from 'zod';

/** Of names that a message lists, in characters. */
const MOST_NAMES = 120;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  tuple: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  datetime: 'must be a time like 2026-11-21T12:00:00Z',
  date: 'must be a day like 2026-11-21',
  base64: 'must be base64',
  url: 'must be a URL',
  email: 'must be an email address',
};

/**
 * What a value is refused with where its schema has no words of its own: the end of a sentence that says what is expected,
 * for the same mistake the same everywhere. It repeats nothing of the value.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is required';
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}`;
    case 'too_big':
      return describeBound(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'too_small':
      return describeBound(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'is not of the form that is expected';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `is not a known field${knownFieldsOf(issue.inst)}`;
    case 'invalid_key':
      return `has a name that is not taken: it ${issue.issues[0]?.message ?? 'is not valid'}`;
    case 'invalid_union':
      return describeUnion(issue.errors);
    default:
      return 'is not valid';
  }
}

type Bounded = Readonly<{ origin: string; exact?: boolean | undefined }>;

function describeBound({ origin, exact }: Bounded, bound: number | bigint, comparison: string): string {
  const how = exact === true ? 'exactly' : comparison;
  switch (origin) {
    case 'string':
      return bound === 1 && how === 'at least' ? 'must not be empty' : `must be ${how} ${bound} characters`;
    case 'array':
    case 'set':
      return bound === 1 && how === 'at least' ? 'must not be empty' : `must have ${how} ${bound} items`;
    case 'object':
    case 'record':
    case 'map':
      return `must have ${how} ${bound} fields`;
    default:
      return `must be ${how} ${bound}`;
  }
}

/** Of values that may be of several kinds: what is wrong for the kind that it is of, else which kinds there are. */
function describeUnion(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  const isOfOtherKind = ([first, ...rest]: readonly z.core.$ZodIssue[]) =>
    first?.code === 'invalid_type' && first.path.length === 0 && rest.length === 0;
  const own = errors.find((issues) => issues.length > 0 && !isOfOtherKind(issues));
  const [first] = own ?? [];
  if (first !== undefined) return first.path.length === 0 ? first.message : `${first.path.join('/')}: ${first.message}`;
  const kinds = errors.map(([issue]) => issue?.message.replace(/^must be /, '') ?? '');
  return kinds.includes('is required') ? 'is required' : `must be ${[...new Set(kinds)].join(' or ')}`;
}

function knownFieldsOf(schema: unknown): string {
  const { _zod: inner } = (schema ?? {}) as { readonly _zod?: { readonly def: { readonly shape?: object } } };
  const names = Object.keys(inner?.def.shape ?? {});
  return names.length === 0 ? '' : `; known are ${listed(names)}`;
}

function oneOf(values: readonly string[]): string {
  return values.length <= 2 ? values.join(' or ') : `one of ${listed(values)}`;
}

function listed(names: readonly string[]): string {
  const whole = names.join(', ');
  if (whole.length <= MOST_NAMES) return whole;
  return `${whole.slice(0, whole.lastIndexOf(', ', MOST_NAMES))}, …`;
}
