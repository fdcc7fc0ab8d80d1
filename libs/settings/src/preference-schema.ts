import { escapePointer } from '#http';
import { InvalidInputError, type Metadata } from '#kernel';

const POINTER = '/preferenceSchema';
/** Bytes of a schema, as JSON in UTF-8. */
export const MAX_SCHEMA_BYTES = 16_384;
/** Schemas in a schema, those behind references counted where they are used. */
export const MAX_SUBSCHEMAS = 100;
const MAX_DEPTH = 16;
/** Values in all `enum`s: each may be compared with each part of the preferences. */
const MAX_ENUM_VALUES = 500;
/** Items that are compared with one another. */
const MAX_UNIQUE_ITEMS = 256;
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const REFERENCE = /^#\/\$defs\/([A-Za-z0-9_.-]{1,100})$/;

/** They say something to people, and check nothing. */
const NOTES = [
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'format',
];
const CHECKS =
  'type enum const required minProperties maxProperties minItems maxItems uniqueItems ' +
  'minContains maxContains minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf';
const ONE_SCHEMA = ['additionalProperties', 'propertyNames', 'items', 'contains', 'not', 'if', 'then', 'else'];
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SCHEMA_MAPS = ['properties', '$defs'];
const KNOWN = new Set([
  ...NOTES,
  ...CHECKS.split(' '),
  ...ONE_SCHEMA,
  ...SCHEMA_LISTS,
  ...SCHEMA_MAPS,
  '$schema',
  '$ref',
]);

/**
 * A schema comes from outside and is run on every change of preferences: its keywords are known ones, none of them runs
 * an expression of its own or asks elsewhere, and what it may compare with each part of a value is bounded.
 * @throws DomainError `invalid-input` that points to what is refused
 */
export function requireBoundedSchema(schema: Metadata): void {
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES)
    throw refused('', `must be at most ${MAX_SCHEMA_BYTES} bytes of JSON`);
  new SchemaWalk(schema).visit(schema, '', 0);
}

export function refused(path: string, detail: string): InvalidInputError {
  return new InvalidInputError(`${POINTER}${path}`, detail);
}

class SchemaWalk {
  private readonly definitions: Metadata;
  private subschemas = 0;
  private enumValues = 0;

  constructor(root: Metadata) {
    this.definitions = isObject(root['$defs']) ? root['$defs'] : {};
  }

  visit(schema: unknown, path: string, depth: number): void {
    if (depth > MAX_DEPTH)
      throw refused(path, `must not be nested deeper than ${MAX_DEPTH} schemas, and must not refer to itself`);
    if (++this.subschemas > MAX_SUBSCHEMAS) throw refused(path, `is one schema too many: at most ${MAX_SUBSCHEMAS}`);
    if (typeof schema === 'boolean') return;
    if (!isObject(schema)) throw refused(path, 'must be a schema: an object, true or false');
    for (const [keyword, value] of Object.entries(schema)) {
      this.visitKeyword(schema, keyword, value, `${path}/${escapePointer(keyword)}`, depth);
    }
  }

  private visitKeyword(schema: Metadata, keyword: string, value: unknown, path: string, depth: number): void {
    if (!KNOWN.has(keyword)) throw refused(path, reasonAgainst(keyword));
    if (keyword === '$schema' && value !== DRAFT) throw refused(path, `must be ${DRAFT}, the draft that is understood`);
    if (keyword === '$ref') this.follow(value, path, depth);
    else if (keyword === 'enum') this.countValues(value, path);
    else if (keyword === 'uniqueItems') requireFewItems(schema, path);
    else if (ONE_SCHEMA.includes(keyword)) this.visit(value, path, depth + 1);
    else if (SCHEMA_LISTS.includes(keyword)) this.visitList(value, path, depth);
    else if (SCHEMA_MAPS.includes(keyword)) this.visitMap(keyword, value, path, depth);
  }

  private visitList(value: unknown, path: string, depth: number): void {
    if (!Array.isArray(value)) throw refused(path, 'must be a list of schemas');
    value.forEach((each, index) => this.visit(each, `${path}/${index}`, depth + 1));
  }

  private visitMap(keyword: string, value: unknown, path: string, depth: number): void {
    if (!isObject(value)) throw refused(path, 'must be an object of schemas');
    if (keyword === '$defs' && depth > 0) throw refused(path, 'must stand at the top of the schema');
    for (const [name, each] of Object.entries(value)) this.visit(each, `${path}/${escapePointer(name)}`, depth + 1);
  }

  private follow(value: unknown, path: string, depth: number): void {
    const name = typeof value === 'string' ? REFERENCE.exec(value)?.[1] : undefined;
    if (name === undefined || !Object.hasOwn(this.definitions, name))
      throw refused(path, 'must name a schema of $defs, as #/$defs/name; nothing outside of the schema is read');
    this.visit(this.definitions[name], path, depth + 1);
  }

  private countValues(value: unknown, path: string): void {
    this.enumValues += Array.isArray(value) ? value.length : 0;
    if (this.enumValues > MAX_ENUM_VALUES)
      throw refused(path, `must not bring the values of all enums to more than ${MAX_ENUM_VALUES}`);
  }
}

function requireFewItems(schema: Metadata, path: string): void {
  const { uniqueItems, maxItems } = schema;
  if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS))
    throw refused(path, `needs maxItems of at most ${MAX_UNIQUE_ITEMS} beside it`);
}

function reasonAgainst(keyword: string): string {
  if (keyword === 'pattern' || keyword === 'patternProperties')
    return 'is not supported: expressions of others are not run; use enum, minLength, maxLength or propertyNames with enum';
  return 'is not a supported keyword; those are listed in the guide for users';
}

const isObject = (value: unknown): value is Metadata =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
