import { z } from 'zod';
import { MAX_SCHEMA_BYTES, MAX_SUBSCHEMAS } from './preference-schema.js';
import { type RedactionDetector, redactionModes, settingsOf, type StoredSettings } from './settings.js';

export const noQuery = z.strictObject({});

const mode = z.enum(redactionModes).meta({
  description:
    'What happens to a secret in what is sent to be stored. off: nothing is looked for. report: it is stored, and the answer says where it stands. mask: `[redacted:<kind>]` is stored in its place. refuse: the request is refused.',
});

const detectors: Readonly<Record<RedactionDetector, string>> = {
  apiKeys: 'Keys, tokens and passwords of providers, databases and HTTP headers.',
  privateKeys: 'Private keys as PEM, OpenSSH, PuTTY or PGP blocks.',
  cards: 'Numbers of payment cards whose check digit is right.',
  ibans: 'International bank account numbers whose check digits are right.',
  emails: 'E-mail addresses; off where nobody has asked for it.',
  phones: 'Phone numbers in international form; off where nobody has asked for it.',
};

const detectorFields = <Field extends z.ZodType>(field: (description: string) => Field) =>
  Object.fromEntries(Object.entries(detectors).map(([name, description]) => [name, field(description)])) as Record<
    RedactionDetector,
    Field
  >;

const schema = z.record(z.string(), z.unknown());

/** What is left out stays, null is the default again. */
export const patchSettingsBody = z.strictObject({
  redaction: z
    .strictObject({
      mode: mode.nullable().optional(),
      detectors: z
        .strictObject(detectorFields((description) => z.boolean().nullable().optional().meta({ description })))
        .nullable()
        .optional(),
    })
    .nullable()
    .optional(),
  preferenceSchema: schema
    .nullable()
    .optional()
    .meta({
      description: `A JSON Schema (draft 2020-12) for the preferences of users, in the place of the one that is there; null: none. At most ${MAX_SCHEMA_BYTES} bytes and ${MAX_SUBSCHEMAS} schemas, references to its own $defs alone, no pattern and no patternProperties. Preferences that are there are checked when they change next.`,
    }),
});

export const settingsResponse = z
  .object({
    redaction: z
      .object({ mode, detectors: z.object(detectorFields((description) => z.boolean().meta({ description }))) })
      .meta({ description: 'What is done about secrets in what is stored.' }),
    preferenceSchema: schema.nullable().meta({
      description: 'A JSON Schema (draft 2020-12) that preferences of users have to fit. Null: they are free.',
    }),
    updatedAt: z.iso.datetime().nullable().meta({ description: 'Null: nothing was ever set.' }),
  })
  .meta({ id: 'WorkspaceSettings' });

export function toSettingsResponse({ choice, updatedAt }: StoredSettings): z.infer<typeof settingsResponse> {
  return { ...settingsOf(choice), updatedAt: updatedAt?.toISOString() ?? null };
}
