import fc from 'fast-check';
import type { Route } from '#test/e2e/routes/route-table.js';

/** A request on the wire, sensible or not. */
export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

type JsonSchema = Readonly<Record<string, any>>;

const NASTY_TEXTS = [
  '',
  '\0',
  '\ud800',
  '%00',
  '../../etc/passwd',
  "'; DROP TABLE contexts; --",
  '__proto__',
  'constructor',
  '💥'.repeat(200),
  'a'.repeat(5000),
  '\u202e\ufeff',
  '-1',
  '9'.repeat(40),
  'NaN',
  'null',
  '2026-02-30T00:00:00Z',
  '{"a":1}',
  '01890000-0000-7000-8000-000000000000',
];

const nastyText = fc.oneof(fc.constantFrom(...NASTY_TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));
const anything = fc.oneof(
  { weight: 3, arbitrary: nastyText },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  fc.double(),
  fc.integer(),
  fc.constant('x'.repeat(200_000)),
  fc.constant(Array.from({ length: 2000 }, () => 1)),
);

/** Mostly what the schema asks for, so that requests get past the first check, and sometimes not. */
function valueOf(schema: JsonSchema | undefined, known: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 5, arbitrary: fittingValueOf(schema, known) }, { weight: 1, arbitrary: anything });
}

function fittingValueOf(schema: JsonSchema | undefined, known: readonly string[]): fc.Arbitrary<unknown> {
  if (schema === undefined) return anything;
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if ('const' in schema) return fc.constant(schema['const']);
  const choices = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valueOf(choice, known)));
  switch (schema['type']) {
    case 'object': {
      const properties = Object.entries<JsonSchema>(schema['properties'] ?? {});
      const fields = Object.fromEntries(properties.map(([name, part]) => [name, valueOf(part, known)]));
      const required = ((schema['required'] ?? []) as string[]).filter((name) => name in fields);
      return fc.record(fields, { requiredKeys: required });
    }
    case 'array':
      return fc.array(valueOf(schema['items'] as JsonSchema | undefined, known), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: -5, max: 200 }), fc.double());
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof(fc.constantFrom(...known), fc.string({ maxLength: 60 }), nastyText);
    case 'null':
      return fc.constant(null);
    default:
      return anything;
  }
}

const contentTypes = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    '',
  ),
);

const oddHeaders = fc.record(
  {
    'if-match': fc.constantFrom('*', '"a"', 'W/"a"', 'garbage', '"a", "b"'),
    'if-none-match': fc.constantFrom('*', '"a"', 'W/"a"', 'garbage', ','.repeat(500)),
    'cache-control': fc.constantFrom('no-cache', 'max-age=0', 'only-if-cached', 'max-age=zzz', '='),
    'idempotency-key': fc.oneof(fc.uuid(), fc.constantFrom('', 'a', 'x'.repeat(1000), 'ü')),
    'x-keepsake-workspace': fc.constantFrom('default', 'nowhere', '', '../', 'a'.repeat(300)),
    'x-request-id': fc.constantFrom('ok-1', '<script>', 'x'.repeat(500)),
    accept: fc.constantFrom('*/*', 'text/html', 'nonsense'),
    'accept-encoding': fc.constantFrom('gzip', 'identity', '*;q=0'),
  },
  { requiredKeys: [] },
);

/**
 * Requests of every route, most of them nearly right.
 * @param known texts that mean something to the server: ids, labels, slugs
 * @param credentials `Authorization` headers; undefined: none
 */
export function requestArbitrary(
  routes: readonly Route[],
  known: readonly string[],
  credentials: readonly (string | undefined)[],
): fc.Arbitrary<FuzzedRequest> {
  return fc.constantFrom(...routes).chain((route) =>
    fc
      .record({
        method: fc.oneof(
          { weight: 30, arbitrary: fc.constant(route.method) },
          fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
        ),
        parts: fc.tuple(...route.pathParameters.map(() => fc.oneof(fc.constantFrom(...known), nastyText))),
        query: fc.dictionary(
          fc.oneof(
            ...(route.queryParameters.length === 0 ? [] : [fc.constantFrom(...route.queryParameters)]),
            fc.constantFrom('surprise', '__proto__', 'a[b]'),
          ),
          fc.oneof(fc.constantFrom(...known, '1', '20', 'true'), nastyText),
          { maxKeys: 4 },
        ),
        body: route.body === undefined ? fc.constant(undefined) : valueOf(route.body, known),
        breaks: fc.oneof({ weight: 15, arbitrary: fc.constant('') }, fc.constantFrom('{', '"', '}', '\u00ff', '[[[[')),
        contentType: contentTypes,
        credential: fc.oneof({ weight: 20, arbitrary: fc.constant(credentials[0]) }, fc.constantFrom(...credentials)),
        odd: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, oddHeaders),
      })
      .map(({ method, parts, query, body, breaks, contentType, credential, odd }) => {
        const names = route.pathParameters;
        const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
          encoded(parts[names.indexOf(name)] ?? ''),
        );
        const search = Object.entries(query)
          .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
          .join('&');
        const json = body === undefined ? undefined : (JSON.stringify(body) ?? '') + breaks;
        return {
          method,
          path: search === '' ? path : `${path}?${search}`,
          headers: {
            ...latin1(odd),
            ...(credential === undefined ? {} : { authorization: credential }),
            ...(json === undefined || contentType === '' ? {} : { 'content-type': contentType }),
            // Else node frames no body of a GET or DELETE, and what follows on the connection is out of step.
            'content-length': String(Buffer.byteLength(json ?? '')),
          },
          body: json === undefined ? undefined : Buffer.from(json),
        };
      }),
  );
}

function encoded(text: string): string {
  return encodeURIComponent(
    text.toWellFormed === undefined ? text.replaceAll(/[\ud800-\udfff]/g, '?') : text.toWellFormed(),
  );
}

/** What a client of node can put into a header at all. */
function latin1(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
