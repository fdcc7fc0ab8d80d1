import { HEX_BYTES, Table } from '#database';
import type { Context, ContextSummary } from '../context.js';
import { startOf } from '../validity/validity.js';
import type { Fingerprint } from './near-duplicates.js';

export interface NewContext extends Context {
  readonly labelId: string;
  readonly fingerprint: Fingerprint;
}

const summaryTable = new Table<ContextSummary>(
  'contexts',
  'c',
  {
    workspaceId: 'uuid',
    projectId: 'uuid',
    id: 'uuid',
    label: 'text',
    version: 'integer',
    contentHash: HEX_BYTES,
    contentBytes: 'integer',
    preview: 'text',
    keyConcepts: 'text[]',
    extractVersion: 'smallint',
    tags: 'text[]',
    priority: 'text',
    priorityDetected: 'boolean',
    sessionId: 'uuid',
    metadata: 'jsonb',
    revision: 'uuid',
    createdAt: 'timestamptz',
    updatedAt: 'timestamptz',
    archivedAt: 'timestamptz',
    archiveReason: 'text',
    createdBy: 'text',
    importedAuthor: 'text',
    validFrom: 'timestamptz',
    validTo: 'timestamptz',
    slotSubject: 'text',
    slotAttribute: 'text',
    supersededBy: 'uuid',
    supersededAt: 'timestamptz',
  },
  true,
);

export const contextTable = summaryTable.with<Pick<Context, 'content'>>({ content: 'text' });

/** A context with what only its row has. */
interface ContextRecord extends Context {
  readonly labelId: string;
  readonly isLatest: boolean;
  /** In hexadecimal. */
  readonly signature: string;
}

export const contextRecordTable = contextTable.with<Pick<ContextRecord, 'labelId' | 'isLatest' | 'signature'>>({
  labelId: 'uuid',
  isLatest: 'boolean',
  signature: HEX_BYTES,
});

/** Of `contexts c` joined with `projects p`. */
export const SUMMARY_COLUMNS = summaryTable.columns;

export const SELECT_SUMMARY = `SELECT ${summaryTable.columns} FROM ${summaryTable.source}`;
export const SELECT_CONTEXT = `SELECT ${contextTable.columns} FROM ${contextTable.source}`;

export const WITH_PROJECT = 'JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id';

/** What readers of rows use of them before they are contexts. */
export interface ContextSummaryRow {
  readonly id: ContextSummary['id'];
}

export interface ContextRow extends ContextSummaryRow {
  readonly content: string;
}

export function toSummary(row: ContextSummaryRow): ContextSummary {
  return summaryTable.toThing(row);
}

export function toContext(row: ContextRow): Context {
  return contextTable.toThing(row);
}

/** @param isLatest whether it is the newest version of its label */
export function toRecord({ labelId, fingerprint, ...context }: NewContext, isLatest: boolean): ContextRecord {
  return { ...context, labelId, isLatest, signature: fingerprint.signature.toString('hex') };
}

/** Of each label, the one that is valid first. */
export function firstOfEach(contexts: readonly NewContext[]): ReadonlyMap<string, NewContext> {
  const first = new Map<string, NewContext>();
  for (const context of contexts) {
    const before = first.get(context.labelId);
    if (before === undefined || startOf(context) < startOf(before)) first.set(context.labelId, context);
  }
  return first;
}

/** Each ended by the one of its label that is valid first of those behind it. */
export function succeeding(contexts: readonly NewContext[]): readonly NewContext[] {
  const first = new Map<string, NewContext>();
  return contexts
    .toReversed()
    .map((context) => {
      const next = first.get(context.labelId);
      if (next === undefined || startOf(context) < startOf(next)) first.set(context.labelId, context);
      if (next === undefined) return context;
      const [from, at] = [startOf(context), startOf(next)];
      return { ...context, supersededBy: next.id, supersededAt: at > from ? at : from };
    })
    .toReversed();
}
