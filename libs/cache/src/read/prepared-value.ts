import { messageOf } from '#kernel';
import type { EncodedPayload } from '../entry-codec.js';
import { encodePayload } from '../entry-codec.js';
import type { Complaints } from './complaints.js';
import type { FamilyState } from './family-registry.js';

/** A value as its callers get it and as it is stored: a miss and a hit never differ. */
export interface PreparedValue<Value> {
  readonly value: Value;
  readonly encoded: EncodedPayload;
}

/** Undefined where the value must not or can't be stored: then the caller gets what the source gave. */
export function prepareValue<Params, Value>(
  state: FamilyState<Params, Value>,
  value: Value,
  complaints: Complaints,
): PreparedValue<Value> | undefined {
  if (value === undefined) return undefined;
  const { family, stats } = state;
  try {
    const { isCacheable } = family.definition;
    if (value !== null && isCacheable !== undefined && !isCacheable(value)) return undefined;
    const { encoded, copy } = encodePayload(family, value);
    return { encoded, value: copy === null ? copy : family.codec.seal(copy) };
  } catch (error) {
    stats.errors++;
    complaints.tell(family.name, messageOf(error));
    return undefined;
  }
}

/** What one caller gets of a value that several hold. */
export function shareValue<Params, Value>(state: FamilyState<Params, Value>, value: Value): Value {
  return value === null || value === undefined ? value : state.family.codec.share(value);
}
