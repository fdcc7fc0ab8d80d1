import { z } from 'zod';
import { pageOf, pageQuery, textField } from '#http';
import { metadataBytes } from '#kernel';
import { MAX_PROFILE_BYTES, type Profile, type ProfileChange, type UserRef } from '../user.js';

const MAX_USER_LENGTH = 200;
const CONTROL = /\p{Cc}/u;

const userName = textField(MAX_USER_LENGTH)
  .refine((text) => !CONTROL.test(text), 'must not hold control characters')
  // URL parsers resolve these two, however they are encoded.
  .refine((text) => text !== '.' && text !== '..', 'must not be . or .., which no path can name')
  .meta({ description: 'The user, by the name that you have for them, unique in the workspace.' });

export const userParams = z.strictObject({ user: userName });
export const noQuery = z.strictObject({});
export const changesQuery = z.strictObject(pageQuery);

/** Free data: what a request may hold at all was looked at when it was read. */
const data = z.record(z.string(), z.unknown());
const patchOf = (what: string) =>
  data
    .refine((patch) => metadataBytes(patch) <= MAX_PROFILE_BYTES, `must be at most ${MAX_PROFILE_BYTES} bytes of JSON`)
    .nullish()
    .meta({
      description: `${what} A JSON merge patch (RFC 7396): null removes a key, objects are merged. Null for all of it clears it. At most ${MAX_PROFILE_BYTES} bytes when merged.`,
    });

export const patchProfileBody = z
  .strictObject({
    profile: patchOf('What is known of the user.'),
    preferences: patchOf('What the user wants.'),
  })
  .refine(({ profile, preferences }) => profile !== undefined || preferences !== undefined, {
    path: ['profile'],
    error: 'is missing: send profile, preferences, or both',
  });

const createdBy = z
  .string()
  .nullable()
  .meta({ description: '`key:` and the id of the key, or `jwt:` and the subject. Null: nobody.' });

export const profileResponse = z
  .object({
    user: z.string(),
    version: z.int().meta({ description: 'Grows by 1 with each write; 0: nothing is remembered of the user.' }),
    profile: data.meta({ description: 'What is known of the user.' }),
    preferences: data.meta({ description: 'What the user wants.' }),
    createdAt: z.iso.datetime().nullable().meta({ description: 'Null: nothing is remembered of the user.' }),
    updatedAt: z.iso.datetime().nullable().meta({ description: 'Null: nothing is remembered of the user.' }),
    createdBy: createdBy.meta({ description: 'Who wrote this version.' }),
  })
  .meta({ id: 'UserProfile' });

export const changesResponse = pageOf(
  z
    .object({
      version: z.int().meta({ description: 'That the change made.' }),
      profile: data.nullish().meta({ description: 'The merge patch as it was sent. Null: all of it was cleared.' }),
      preferences: data.nullish().meta({ description: 'The merge patch as it was sent. Null: all of it was cleared.' }),
      createdAt: z.iso.datetime(),
      createdBy,
    })
    .meta({ id: 'UserProfileChange' }),
);

export function toProfileResponse({ user }: UserRef, profile: Profile | null): z.infer<typeof profileResponse> {
  return {
    user,
    version: profile?.version ?? 0,
    profile: profile?.profile ?? {},
    preferences: profile?.preferences ?? {},
    createdAt: profile?.createdAt.toISOString() ?? null,
    updatedAt: profile?.updatedAt.toISOString() ?? null,
    createdBy: profile?.createdBy ?? null,
  };
}

export function toChangeResponse(change: ProfileChange): z.infer<typeof changesResponse>['items'][number] {
  const { version, patch, createdAt, createdBy: author } = change;
  return { version, ...patch, createdAt: createdAt.toISOString(), createdBy: author };
}
