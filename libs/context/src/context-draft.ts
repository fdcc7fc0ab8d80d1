import { createHash } from 'node:crypto';
import type { SessionId } from '#kernel';
import type { Context } from './context.js';
import { extract } from './extract/extract.js';
import { detectPriority, type Priority } from './priority.js';
import { type Fingerprint, fingerprintOf } from './similarity/fingerprint.js';

export interface StoreContext {
  readonly label: string;
  readonly content: string;
  readonly tags: readonly string[];
  /** Absent: read from the text. */
  readonly priority?: Priority;
  readonly sessionId?: SessionId;
  readonly metadata: Context['metadata'];
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
> {
  readonly fingerprint: Fingerprint;
}

/** Linear in the length of the content. */
export function draftOf(input: StoreContext): ContextDraft {
  const { label, content, tags, priority, sessionId, metadata } = input;
  return {
    label,
    content,
    contentHash: createHash('sha256').update(content, 'utf8').digest('hex'),
    contentBytes: Buffer.byteLength(content),
    ...extract(content),
    tags: [...new Set(tags)],
    priority: priority ?? detectPriority(content),
    priorityDetected: priority === undefined,
    sessionId: sessionId ?? null,
    metadata,
    fingerprint: fingerprintOf(content),
  };
}
