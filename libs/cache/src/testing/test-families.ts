import {
  defineFamily,
  type ImmutableDefinition,
  type ImmutableFamily,
  type MutableDefinition,
  type MutableFamily,
} from '../families/family.js';
import { defineTag } from '../families/tag.js';

export interface ThingKey {
  readonly workspace: string;
  readonly id: string;
}

type MutablePart = Partial<Omit<MutableDefinition<ThingKey, unknown>, 'scope'>>;
type ImmutablePart = Partial<Omit<ImmutableDefinition<ThingKey, unknown>, 'scope'>>;

/** Fired by the writes of a thing. */
export const thingTag = defineTag('thing', ({ id }: ThingKey) => id);
/** Fired by writes that concern all things of a workspace. */
export const thingsTag = defineTag<{ readonly workspace: string }>('things', () => 'all');

/** A family whose entries fall by the identity of the thing and by its kind. */
export function mutableThings(part: MutablePart = {}): MutableFamily<ThingKey, unknown> {
  return defineFamily<ThingKey, unknown>({
    name: 'thing',
    schemaVersion: 1,
    scope: 'workspace',
    key: ({ id }: ThingKey) => id,
    tags: (of: ThingKey) => [thingTag(of), thingsTag(of)],
    ttlMs: 60_000,
    jitter: 0,
    ...part,
    mutable: true,
  });
}

/** A family whose values their keys determine. */
export function immutableThings(part: ImmutablePart = {}): ImmutableFamily<ThingKey, unknown> {
  return defineFamily<ThingKey, unknown>({
    name: 'digest',
    schemaVersion: 1,
    scope: 'workspace',
    key: ({ id }: ThingKey) => id,
    ttlMs: 60_000,
    jitter: 0,
    ...part,
    mutable: false,
  });
}

export const thing: ThingKey = { workspace: 'w1', id: 'a' };
