import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import { escapePointer } from '#http';
import { messageOf, type Metadata } from '#kernel';
import { refused, requireBoundedSchema } from './preference-schema.js';

/** What of preferences does not fit a schema. */
export interface PreferenceFault {
  /** JSON Pointer into the preferences. */
  readonly pointer: string;
  readonly detail: string;
}

const OPTIONS: Options = {
  strict: false,
  logger: false,
  validateFormats: false,
  ownProperties: true,
  addUsedSchema: false,
  inlineRefs: false,
  // Half of the time of a compilation, for less than that of a check.
  code: { optimize: false },
};

/** Knows what a schema is. */
const drafts = new Ajv2020(OPTIONS);

/**
 * `format` is a note, as draft 2020-12 has it. The first fault ends a check.
 * @throws DomainError `invalid-input` where the schema is none, or does more than schemas of others may
 */
export function compileSchema(schema: Metadata): ValidateFunction {
  requireBoundedSchema(schema);
  if (drafts.validateSchema(schema) !== true) {
    const { instancePath = '', message = 'is no schema' } = drafts.errors?.[0] ?? {};
    throw refused(instancePath, message);
  }
  try {
    // One for each schema: it keeps what it has compiled.
    return new Ajv2020({ ...OPTIONS, meta: false, validateSchema: false }).compile(schema);
  } catch (error) {
    throw refused('', `is not understood: ${messageOf(error)}`);
  }
}

/** Of the first error: a check ends there. */
export function toFault(error: ErrorObject | undefined): PreferenceFault {
  const { instancePath = '', message = 'does not fit the schema', params = {} } = error ?? {};
  const { missingProperty, additionalProperty, allowedValues } = params as Record<string, unknown>;
  const named = missingProperty ?? additionalProperty;
  const pointer = typeof named === 'string' ? `${instancePath}/${escapePointer(named)}` : instancePath;
  if (missingProperty !== undefined) return { pointer, detail: 'is required' };
  if (additionalProperty !== undefined) return { pointer, detail: 'is not a field of the preferences' };
  if (Array.isArray(allowedValues) && allowedValues.length <= 20)
    return { pointer, detail: `must be one of ${allowedValues.map((value) => JSON.stringify(value)).join(', ')}` };
  return { pointer, detail: message };
}
