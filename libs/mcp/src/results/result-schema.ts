import type { JsonSchema, ObjectSchema } from '../routes/json-schema.js';
import type { ToolDefinition } from '../tools/tool.js';
import { omitFromSchema } from './fit-value.js';
import { rangeSchema } from './text-page.js';

const integer = { type: 'integer' };

const etagSchema: JsonSchema = {
  type: 'string',
  description: 'Names this state; ifMatch of a change takes it.',
};

const shortenedSchema: JsonSchema = {
  type: 'object',
  description:
    'Present where the answer was too large for a model: which parts are not whole, and how to read the rest.',
  properties: {
    parts: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer.' },
          unit: { type: 'string', enum: ['characters', 'items', 'members'] },
          shown: integer,
          total: integer,
        },
        required: ['pointer', 'unit', 'shown', 'total'],
        additionalProperties: false,
      },
    },
    more: { ...integer, description: 'How many other parts there are.' },
    readOn: { type: 'string' },
  },
  required: ['parts', 'more', 'readOn'],
  additionalProperties: false,
};

/** Of tools that may store something. */
const redactionSchema: JsonSchema = {
  type: 'object',
  description: 'Present where what was sent holds secrets: of what kind and where, and whether they were masked.',
};

/** The schema of what a tool answers, from that of its route. @throws Error for fields that clash or are not there */
export function toResultSchema(
  { name, effect, omits = [], pages, pageOf = 'text', isWhole }: ToolDefinition,
  answer: ObjectSchema,
): ObjectSchema {
  const schema = omits.reduce(omitFromSchema, answer);
  const added = {
    etag: etagSchema,
    ...(effect === 'reads' ? {} : { redactionReport: redactionSchema }),
    ...(pages === undefined ? {} : { range: rangeSchema(pageOf) }),
    ...(isWhole === true ? {} : { shortened: shortenedSchema }),
  };
  const clash = Object.keys(added).find((field) => field in schema.properties);
  if (clash !== undefined) throw new Error(`The answer of ${name} has a field ${clash} of its own.`);
  if (pages !== undefined && !(pages in schema.properties)) throw new Error(`${name} answers with no ${pages}.`);
  const required = [...(schema.required ?? []), ...(pages === undefined ? [] : ['range'])];
  return { ...schema, properties: { ...schema.properties, ...added }, ...(required.length === 0 ? {} : { required }) };
}
