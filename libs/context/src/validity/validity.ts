import type { ContextId } from '#kernel';

/** What a project has one current value of: an attribute of a subject. Compared without regard to case. */
interface Slot {
  readonly subject: string;
  readonly attribute: string;
}

/** What an author says of when a text is true. */
export interface GivenValidity {
  /** Absent or null: since it was stored. */
  readonly validFrom?: Date | null;
  /** Exclusive. Absent or null: until something supersedes it. */
  readonly validTo?: Date | null;
  readonly slot?: Slot | null;
  /** Contexts of the same project that it takes the place of. */
  readonly supersedes?: readonly ContextId[];
}

/** When a version is valid, as its row has it. */
export interface Validity {
  /** As given; null: since it was stored. */
  readonly validFrom: Date | null;
  /** As given, exclusive; null: no end was given. */
  readonly validTo: Date | null;
  readonly slotSubject: string | null;
  readonly slotAttribute: string | null;
  /** What takes its place, from `supersededAt` on: which may be a time to come. */
  readonly supersededBy: ContextId | null;
  readonly supersededAt: Date | null;
}

/** What an answer as of another time says of today all the same. */
export const OF_TODAY = ['tags', 'priority', 'metadata'] as const;

type Dated = Pick<Validity, 'validFrom' | 'validTo' | 'supersededAt'> & { readonly createdAt: Date };

/**
 * A version as it was at a time: what ends it or archived it later is not known yet. Its tags, priority and metadata are those of
 * today.
 */
export function asOfThen<
  Version extends Dated & { readonly archivedAt: Date | null; readonly archiveReason: string | null } & Pick<
      Validity,
      'supersededBy'
    >,
>(version: Version, at: Date): Version {
  const isSuperseded = version.supersededAt !== null && version.supersededAt <= at;
  const isArchived = version.archivedAt !== null && version.archivedAt <= at;
  return {
    ...version,
    ...(isSuperseded ? {} : { supersededBy: null, supersededAt: null }),
    ...(isArchived ? {} : { archivedAt: null, archiveReason: null }),
  };
}

/** Whether it is valid now. What was stored without a beginning is, whatever clock it was stored by. */
export function isValidAt(version: Omit<Dated, 'createdAt'>, now: Date): boolean {
  const end = endOf(version);
  return (version.validFrom === null || version.validFrom <= now) && (end === null || end > now);
}

/** From when on a version is valid. */
export function startOf({ validFrom, createdAt }: Pick<Dated, 'validFrom' | 'createdAt'>): Date {
  return validFrom ?? createdAt;
}

/** Until when it is valid, exclusive; null: nothing ends it. */
export function endOf({ validTo, supersededAt }: Pick<Dated, 'validTo' | 'supersededAt'>): Date | null {
  if (validTo === null || supersededAt === null) return validTo ?? supersededAt;
  return validTo < supersededAt ? validTo : supersededAt;
}

export function slotOf({ slotSubject, slotAttribute }: Pick<Validity, 'slotSubject' | 'slotAttribute'>): Slot | null {
  return slotSubject === null || slotAttribute === null ? null : { subject: slotSubject, attribute: slotAttribute };
}

export function isSameSlot(one: Slot | null, other: Slot | null): boolean {
  const nameOf = (slot: Slot | null) =>
    slot === null ? null : JSON.stringify([slot.subject.toLowerCase(), slot.attribute.toLowerCase()]);
  return nameOf(one) === nameOf(other);
}
