import type { JsonSchema, ObjectSchema } from '../routes/json-schema.js';

/** How a member of stored data is changed by a tool: null for all of it means that nothing was sent. */
export const MERGE_PATCH = 'A JSON merge patch (RFC 7396): null removes a key.';

/** Says of arguments what holds for a tool, where null means absent, and not for its route. */
export function describing(texts: Readonly<Record<string, string>>): (input: ObjectSchema) => ObjectSchema {
  return (input) => {
    const properties = { ...input.properties };
    for (const [name, description] of Object.entries(texts)) properties[name] = { ...properties[name], description };
    return { ...input, properties };
  };
}

/**
 * What every client of the protocol takes in the schema of a tool's arguments. Gemini answers 400 to the whole request
 * for a format that it does not know, Ajv in its strict mode throws for unknown keywords and formats, OpenAI asks for a
 * type everywhere and for the items of an array, Anthropic limits names and refuses unions at the top.
 */
export const strictRules = {
  keywords: [
    'type',
    'description',
    'default',
    'enum',
    'properties',
    'required',
    'additionalProperties',
    'items',
    'anyOf',
    'minimum',
    'maximum',
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'pattern',
    'format',
  ],
  types: ['string', 'number', 'integer', 'boolean', 'object', 'array'],
  formats: ['date-time'],
  toolName: /^[a-z][a-z0-9_]{0,47}$/,
  argumentName: /^\w{1,64}$/,
} as const;

/** What is written in place of a format that not every client takes. */
const formatNames: Readonly<Record<string, string>> = { uuid: 'A UUID.', date: 'As YYYY-MM-DD.', base64: 'Base64.' };

/**
 * The same arguments in the vocabulary of `strictRules`. Null is left out of unions and defaults: it means absent for
 * every optional argument. What can't be said is not said; the route checks it all the same.
 */
export function toStrictSchema({ $defs = {}, ...schema }: ObjectSchema): ObjectSchema {
  return strict(schema, $defs) as unknown as ObjectSchema;
}

function strict(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const { $ref, oneOf, anyOf = oneOf, const: only, ...own } = schema;
  if (typeof $ref === 'string')
    return strict({ ...definitions[$ref.slice($ref.lastIndexOf('/') + 1)], ...own }, definitions);
  const described = describe(only === undefined ? own : { ...own, enum: [only] });
  if (!Array.isArray(anyOf)) return strictParts(described, definitions);
  const options = (anyOf as JsonSchema[]).filter(({ type }) => type !== 'null');
  const [option = {}] = options;
  if (options.length === 1) return strict({ ...option, ...described }, definitions);
  return strictParts({ ...described, anyOf: options }, definitions);
}

function strictParts(schema: JsonSchema, definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const parts = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (!isKnown(keyword, value)) return [];
    switch (keyword) {
      case 'properties':
        return [
          [keyword, mapValues(value as Readonly<Record<string, JsonSchema>>, (part) => strict(part, definitions))],
        ];
      case 'items':
        return [[keyword, strict(value as JsonSchema, definitions)]];
      case 'anyOf':
        return [[keyword, (value as JsonSchema[]).map((part) => strict(part, definitions))]];
      default:
        return [[keyword, value]];
    }
  });
  return Object.fromEntries(parts);
}

function isKnown(keyword: string, value: unknown): boolean {
  if (!(strictRules.keywords as readonly string[]).includes(keyword)) return false;
  if (keyword === 'format') return (strictRules.formats as readonly unknown[]).includes(value);
  // Free objects: that they are free goes without saying.
  if (keyword === 'additionalProperties') return value === false;
  // An empty default says nothing, and null means absent.
  if (keyword === 'default') return value !== null && (typeof value !== 'object' || Object.keys(value).length > 0);
  // RE2, which some check patterns with, has no assertions.
  return keyword !== 'pattern' || !/\(\?[=!<]/.test(value as string);
}

/** Says in words which format a text has, where the keyword can't be there. */
function describe(schema: JsonSchema): JsonSchema {
  const { type, format, description } = schema;
  const said = formatNames[format as string];
  const types = Array.isArray(type) ? (type as string[]).filter((each) => each !== 'null') : type;
  const named = Array.isArray(types) && types.length === 1 ? types[0] : types;
  return {
    ...schema,
    ...(named === undefined ? {} : { type: named }),
    ...(said === undefined ? {} : { description: [said, description].filter(Boolean).join(' ') }),
  };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Where a schema says what not every client takes, each as its place and what stands there; none for a schema that all take. */
export function findStrictIssues(schema: JsonSchema, place = ''): string[] {
  const { type, items, properties = {}, anyOf = [], format, enum: values = [] } = schema;
  const issues = Object.keys(schema)
    .filter((keyword) => !(strictRules.keywords as readonly string[]).includes(keyword))
    .map((keyword) => `${place}: ${keyword}`);
  if (format !== undefined && !(strictRules.formats as readonly unknown[]).includes(format))
    issues.push(`${place}: format ${format as string}`);
  const options = anyOf as readonly JsonSchema[];
  if (!(strictRules.types as readonly unknown[]).includes(type) && options.length === 0)
    issues.push(`${place}: type ${JSON.stringify(type)}`);
  if (place === '' && (type !== 'object' || options.length > 0)) issues.push('no plain object at the top');
  if (type === 'array' && items === undefined) issues.push(`${place}: an array without items`);
  if (values !== undefined && (values as readonly unknown[]).some((value) => typeof value !== 'string'))
    issues.push(`${place}: an enum of other values than texts`);
  for (const [name, part] of Object.entries(properties as Readonly<Record<string, JsonSchema>>)) {
    if (!strictRules.argumentName.test(name)) issues.push(`${place}: the name ${JSON.stringify(name)}`);
    issues.push(...findStrictIssues(part, `${place}/${name}`));
  }
  if (items !== undefined) issues.push(...findStrictIssues(items as JsonSchema, `${place}/items`));
  options.forEach((option, index) => issues.push(...findStrictIssues(option, `${place}/anyOf/${index}`)));
  return issues;
}
