import { z } from 'zod';
import { entityId, timeField } from '#http';
import type { ContextId } from '#kernel';
import type { GivenValidity } from './validity.js';

/** Contexts that one text may supersede. */
const MAX_SUPERSEDED = 100;

const CONTROL = /\p{Cc}/u;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/** Half of a slot. */
export const slotName = z
  .string()
  .max(200)
  .refine((text) => text.trim() !== '', 'must not be empty')
  .refine((text) => text === text.trim(), 'must not begin or end with spaces')
  .refine((text) => !CONTROL.test(text), 'must not hold control characters')
  .refine((text) => VISIBLE.test(text), 'must hold a character that can be seen')
  .overwrite((text) => text.normalize('NFC').replaceAll(/\s+/g, ' '))
  .meta({
    description:
      'Compared without regard to case, to how accents are encoded, and to what spaces there are between words.',
  });

const slot = z.strictObject({ subject: slotName, attribute: slotName });

export const validityFields = {
  validFrom: timeField()
    .nullish()
    .meta({ description: 'From when on it is true. Absent or null: since it is stored.' }),
  validTo: timeField()
    .nullish()
    .meta({ description: 'Until when it is true, exclusive. Absent or null: until something supersedes it.' }),
  slot: slot.nullish().meta({
    description:
      'What it is the value of, such as subject `payments service` and attribute `database`. A project has one current value of a slot: another one closes the earlier at its own `validFrom`, in whatever order they are stored.',
  }),
  supersedes: z
    .array(entityId('must be the id of a context'))
    .max(MAX_SUPERSEDED)
    .nullish()
    .meta({ description: 'Contexts of the project that it takes the place of, from its `validFrom` on.' }),
};

export const asOfField = timeField().nullish().meta({
  description:
    'What was valid and known at that time: versions, times and archive marks of then. What was stored later and is said to be valid from before counts as known. Tags, priority and metadata are those of today.',
});

/** Queries can't say null. */
export const asOfQuery = asOfField.unwrap().unwrap().optional();

export function toTime(text: string | null | undefined): Date | undefined {
  return typeof text === 'string' ? new Date(text) : undefined;
}

interface ValidityBody {
  readonly validFrom?: string | null;
  readonly validTo?: string | null;
  readonly slot?: GivenValidity['slot'];
  readonly supersedes?: readonly string[] | null;
}

/** An end is after its beginning. */
export function checkValidity({ validFrom, validTo }: ValidityBody, context: z.core.$RefinementCtx): void {
  if (typeof validFrom !== 'string' || typeof validTo !== 'string' || new Date(validTo) > new Date(validFrom)) return;
  context.addIssue({ code: 'custom', path: ['validTo'], message: 'must be after validFrom' });
}

export function toValidity({ validFrom, validTo, slot: value, supersedes }: ValidityBody): GivenValidity {
  return {
    validFrom: toTime(validFrom) ?? null,
    validTo: toTime(validTo) ?? null,
    slot: value ?? null,
    supersedes: [...new Set(supersedes)] as ContextId[],
  };
}
