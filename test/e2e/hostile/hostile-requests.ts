import { filled } from '#test/support/hostile-texts.js';
import type { RouteSample } from '#test/e2e/routes/route-samples.js';
import { fillPath, type Route } from '#test/e2e/routes/route-table.js';

export interface HostileRequest {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

/** A run of what patterns and loops stumble over. */
const RUNS = [
  ' ',
  '\t',
  '\n',
  '-',
  '- ',
  '# ',
  '#',
  'a-',
  '"',
  '`',
  '.',
  '!',
  '<',
  '<b>',
  '</b>',
  '<!--',
  '\u2028',
  '\u2029',
  '\u00ad',
  '\u200d',
  '\ufdfa',
  'a\u0301',
  '\u1100\u1161',
  '\u{1F1E9}',
  '\u{1F469}\u200d',
  '\u6f22',
  'aB',
  'use a-b ',
  'never, ',
  '-a ',
  '🚀',
];

/** JSON of a value that no field is made for. */
const VALUES = [
  '1e308',
  '-0.0',
  '99999999999999999999',
  'null',
  '[]',
  '{}',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\ufffe\\uffff"',
  `[${'1,'.repeat(5_000)}1]`,
  `[${'"",'.repeat(5_000)}""]`,
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`,
  `{${Array.from({ length: 2_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
  '"2999-99-99T99:99:99Z"',
];

const CURSORS = ['x', 'e30', 'W10', 'eyJ2IjoxfQ.AAAA', '..', filled('A', 2_000)];

/** Made up, of every kind that there is. */
const CREDENTIALS = [
  '',
  'Bearer ',
  `Bearer ks_${filled('x', 40)}`,
  `Bearer ${filled('x', 7_000)}`,
  'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjoxZTE1fQ.AAAA',
  `Basic ${filled('QQ', 200)}`,
];

/** Numbers without an order that anybody sees, the same each time (Steele, Lea and Flood's SplitMix, 32 bits). */
function* numbers(seed: number): Generator<number> {
  for (let state = seed >>> 0; ;) {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    yield (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

/**
 * Requests that are meant to hold a server up, to make it fail, or to have it answer at length: each route in turn, with what is
 * valid and one thing that is not. Every fifth is of nobody who is known; every hundredth has a text of half a megabyte.
 * @param samples a valid call for each route
 */
export function* hostileRequests(
  routes: readonly { readonly route: Route; readonly sample: RouteSample }[],
  key: string,
  count: number,
  seed: number,
): Generator<HostileRequest> {
  const random = numbers(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[(random.next().value as number) % items.length] as Item;
  for (let index = 0; index < count; index++) {
    const { route, sample } = routes[index % routes.length] as (typeof routes)[number];
    const length = index % 100 === 7 ? 512 * 1024 : pick([50, 2_000, 8_000]);
    const run = filled(pick(RUNS), length);
    const short = run.slice(0, pick([40, 300, 1_500])).toWellFormed();
    const isPathHostile = pick([true, false, false]);
    const values = Object.fromEntries(
      route.pathParameters.map((name) => [name, isPathHostile ? short : name === 'id' ? UNKNOWN_ID : 'x']),
    );
    const query = new URLSearchParams(
      Object.entries(sample.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
    );
    if (route.queryParameters.length > 0) {
      const name = pick(route.queryParameters);
      query.set(name, name === 'cursor' ? pick(CURSORS) : short);
    }
    const headers: Record<string, string> = {
      authorization: index % 5 === 3 ? pick(CREDENTIALS) : `Bearer ${key}`,
      ...sample.headers,
    };
    if (pick([true, false, false, false])) headers['idempotency-key'] = `hostile-${index}`;
    const body = bodyOf(route, sample, run, pick);
    if (body !== undefined) headers['content-type'] ??= 'application/json';
    yield {
      what: `${index}: ${route.name} ${JSON.stringify(run.slice(0, 8))} x ${length}`,
      method: route.method,
      path: `${fillPath(route.path, values)}?${query}`,
      headers,
      ...(body === undefined ? {} : { body }),
    };
  }
}

function bodyOf(
  route: Route,
  { body }: RouteSample,
  run: string,
  pick: <Item>(items: readonly Item[]) => Item,
): string | undefined {
  if (route.method === 'GET') return undefined;
  if (typeof body === 'string') return pick([body, run, `${body}${run}`]);
  const fields = Object.keys((route.body?.['properties'] as object | undefined) ?? body ?? {});
  const name = fields.length === 0 ? 'surprise' : pick([...fields, 'surprise']);
  const value = pick([JSON.stringify(run), JSON.stringify(run), JSON.stringify([run]), pick(VALUES)]);
  const others = Object.entries(body ?? {})
    .filter(([other]) => other !== name)
    .map(([other, valid]) => `${JSON.stringify(other)}:${JSON.stringify(valid)}`);
  return pick([
    `{${[...others, `${JSON.stringify(name)}:${value}`].join(',')}}`,
    `{${[...others, `${JSON.stringify(name)}:${value}`].join(',')}}`,
    `{${[...others, `${JSON.stringify(run.slice(0, 60_000).toWellFormed())}:1`].join(',')}}`,
    pick(VALUES),
  ]);
}
