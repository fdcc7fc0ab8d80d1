import { defineFamily, type ImmutableFamily, type MutableFamily } from '../cache-family.js';
import { defineTag } from '../tag.js';

export interface ThingKey {
  readonly workspace: string;
  readonly id: string;
}

type Part = Record<string, unknown>;

/** Fired by the writes of a thing. */
export const thingTag = defineTag('thing', ({ id }: ThingKey) => id);
/** Fired by writes that concern all things of a workspace. */
export const thingsTag = defineTag('things', (_: { readonly workspace: string }) => 'all');

/** A family whose entries fall by the identity of the thing and by its kind. */
export function mutableThings(part: Part = {}): MutableFamily<ThingKey, unknown> {
  return defineFamily<ThingKey, unknown>({
    name: 'thing',
    schemaVersion: 1,
    scope: 'workspace',
    key: ({ id }) => id,
    tags: (of) => [thingTag(of), thingsTag(of)],
    ttlMs: 60_000,
    jitter: 0,
    ...part,
    mutable: true,
  } as never);
}

/** A family whose values their keys determine. */
export function immutableThings(part: Part = {}): ImmutableFamily<ThingKey, unknown> {
  return defineFamily<ThingKey, unknown>({
    name: 'digest',
    schemaVersion: 1,
    scope: 'workspace',
    key: ({ id }) => id,
    ttlMs: 60_000,
    jitter: 0,
    ...part,
    mutable: false,
  } as never);
}

export const thing: ThingKey = { workspace: 'w1', id: 'a' };
