import { z } from 'zod';
import { entityId, queryInteger } from '#http';
import { metadataBody } from '#session';
import { priorities } from '../extract/priority.js';
import { validityFields } from '../validity/validity.fields.js';

/** In UTF-8 bytes. */
const MAX_CONTENT_BYTES = 1024 * 1024;
export const MAX_LABEL_LENGTH = 200;

const CONTROL = /\p{Cc}/u;

/** Kept as it is: case, spaces at the ends and the form of accents distinguish labels. */
export const label = z
  .string()
  .max(MAX_LABEL_LENGTH)
  .refine((text) => text.trim() !== '', 'must not be empty')
  .refine((text) => !CONTROL.test(text), 'must not hold control characters')
  // URL parsers resolve these two, however they are encoded.
  .refine((text) => text !== '.' && text !== '..', 'must not be . or .., which no path can name')
  .meta({ description: 'Any text without control characters: slashes, colons, spaces and emoji are fine.' });

export const content = z
  .string()
  .refine((text) => text.trim() !== '', 'must not be empty')
  .refine((text) => Buffer.byteLength(text) <= MAX_CONTENT_BYTES, `must be at most ${MAX_CONTENT_BYTES} bytes of UTF-8`)
  .meta({ description: `Kept byte for byte; at most ${MAX_CONTENT_BYTES} bytes of UTF-8.` });

const tag = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => text === text.trim(), 'must not begin or end with spaces')
  .refine((text) => !CONTROL.test(text) && !text.includes(','), 'must not hold commas or control characters');

export const tags = z.array(tag).max(32);

export const priority = z.enum(priorities);

/** Fields of a context to store, besides its project. */
export const storeFields = {
  label: label.nullish().meta({
    description:
      'Absent or null: made from the title of the text, and of no other text; the same content in the project is the one that exists.',
  }),
  content,
  tags: tags.default([]),
  priority: priority.nullish().meta({
    description: 'Absent or null: always_check where the text says always, never or must; else important or reference.',
  }),
  sessionId: entityId('must be the id of a session').nullish(),
  metadata: metadataBody.default({}),
  ...validityFields,
};

/** A list in one field, separated by commas, or the field several times. */
export const tagsQuery = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',').map((name) => name.trim())))
  .pipe(tags);

/** Of calls that say all in their path: nothing, or `{}`. */
export const noQuery = z.strictObject({});

export const contextParams = z.strictObject({ id: entityId() });

export const versionNumber = queryInteger(1, 2_147_483_647);
