import { invalidRequest, type Preconditions } from '#http';
import type { JsonSchema } from '../routes/json-schema.js';
import type { Route } from '../routes/route-catalogue.js';
import type { ToolArguments } from './tool.js';

/** Visible ASCII and spaces, which a header may hold; longer than the tags of any client that names several. */
const HEADER_VALUE = /^[\x20-\x7e]{1,1000}$/;

const ifMatch: JsonSchema = {
  type: 'string',
  description: 'An etag that was answered: the change is made only while that is still the state.',
};
const ifNoneMatch: JsonSchema = { type: 'string', description: '`*`: only where nothing is stored yet.' };

/** What a tool takes where its route is conditional. A PUT may also be meant to store what is not there yet. */
export function preconditionArguments({
  conditional,
  method,
}: Pick<Route, 'conditional' | 'method'>): Readonly<Record<string, JsonSchema>> {
  if (!conditional) return {};
  return method === 'PUT' ? { ifMatch, ifNoneMatch } : { ifMatch };
}

/**
 * The preconditions among the arguments of a call, apart from what the route takes in its path, query and body.
 * @throws DomainError `invalid-request` for a value that no header can hold
 */
export function takePreconditions(
  route: Pick<Route, 'conditional' | 'method'>,
  args: ToolArguments,
): { preconditions: Preconditions; others: ToolArguments } {
  const names = Object.keys(preconditionArguments(route));
  const others = Object.fromEntries(Object.entries(args).filter(([name]) => !names.includes(name)));
  const given = names.flatMap((name) => (args[name] === undefined ? [] : [[name, toHeader(name, args[name])]]));
  return { preconditions: Object.fromEntries(given) as Preconditions, others };
}

/** A tag as a header has it. Models leave the quotes out, which belong to it. */
function toHeader(name: string, value: unknown): string {
  if (typeof value !== 'string' || !HEADER_VALUE.test(value))
    throw invalidRequest([{ pointer: `/${name}`, detail: 'must be the etag of an earlier answer, or *' }]);
  const tag = value.trim();
  return tag === '*' || tag.includes('"') ? tag : `"${tag}"`;
}
