import { createHash } from 'node:crypto';
import { cutAtGrapheme, type DomainError, type SessionId, type WorkPauses } from '#kernel';
import type { Context } from '../context.js';
import type { SimilarContext } from './near-duplicates.js';
import { readAnyText } from '../extract/extract.js';
import type { Priority } from '../extract/priority.js';
import type { GivenValidity, Validity } from '../validity/validity.js';
import type { Fingerprint } from './near-duplicates.js';

export interface StoreContext extends GivenValidity {
  /** Absent: made from the title of the text. */
  readonly label?: string;
  readonly content: string;
  readonly tags: readonly string[];
  /** Absent: read from the text. */
  readonly priority?: Priority;
  readonly sessionId?: SessionId;
  readonly metadata: Context['metadata'];
  /** Whether the text that is there is the answer also where it is not valid any more: of what is no statement of its own. */
  readonly isPart?: boolean;
}

/** Everything about a text that follows from the text alone, made before any lock is held. */
export interface ContextDraft extends Pick<
  Context,
  | 'label'
  | 'content'
  | 'contentHash'
  | 'contentBytes'
  | 'preview'
  | 'keyConcepts'
  | 'extractVersion'
  | 'tags'
  | 'priority'
  | 'priorityDetected'
  | 'sessionId'
  | 'metadata'
  | Exclude<keyof Validity, 'supersededBy' | 'supersededAt'>
> {
  readonly fingerprint: Fingerprint;
  readonly supersedes: NonNullable<GivenValidity['supersedes']>;
  readonly isPart: boolean;
  /** Whether the label is the title of the text, since none was given. */
  readonly isLabelMade: boolean;
}

export interface StoredContext {
  readonly context: Context;
  /** Nothing was written: this version was there already. */
  readonly unchanged: boolean;
  /** Other labels of the project whose newest version says nearly the same, most similar first. */
  readonly similarTo: readonly SimilarContext[];
}

/** What became of one item of a batch. */
export type StoreOutcome = StoredContext | { readonly error: DomainError };

/**
 * Linear in the length of the content.
 * @param pauses of the work that it is a part of: others run between its steps
 */
export async function draftOf(input: StoreContext, pauses: WorkPauses): Promise<ContextDraft> {
  const { label, content, tags, priority, sessionId, metadata } = input;
  const { detectedPriority, title, ...reading } = await readAnyText(content, pauses);
  return {
    label: label ?? labelOfTitle(title),
    isLabelMade: label === undefined,
    content,
    contentHash: createHash('sha256').update(content, 'utf8').digest('hex'),
    contentBytes: Buffer.byteLength(content),
    ...reading,
    tags: [...new Set(tags)],
    priority: priority ?? detectedPriority,
    priorityDetected: priority === undefined,
    sessionId: sessionId ?? null,
    metadata,
    validFrom: input.validFrom ?? null,
    validTo: input.validTo ?? null,
    slotSubject: input.slot?.subject ?? null,
    slotAttribute: input.slot?.attribute ?? null,
    supersedes: input.supersedes ?? [],
    isPart: input.isPart === true,
  };
}

/** In UTF-16 units. With what makes it unique a label stays shorter than those that clients may give. */
const TITLE_LENGTH = 80;

/** The label of a text whose title says nothing, or whose title no path can name. */
const UNTITLED = 'untitled';

/** The label that is made of a title: on one line, cut between graphemes, without control characters. */
function labelOfTitle(title: string): string {
  const line = title.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  const label = line.length <= TITLE_LENGTH ? line : cutAtGrapheme(line, TITLE_LENGTH).trimEnd();
  return ['', '.', '..'].includes(label) ? UNTITLED : label;
}

/** Whether more than the versions of its own label may end, or be ended by it. */
export function hasNeighbours(
  version: Pick<Context, 'slotSubject' | 'validFrom'> & { readonly supersedes?: readonly unknown[] },
) {
  const { slotSubject, validFrom, supersedes = [] } = version;
  return slotSubject !== null || validFrom !== null || supersedes.length > 0;
}
