import { z } from 'zod';
import {
  checkedApart,
  entityId,
  findUnsafeText,
  invalidRequest,
  issuesOf,
  problemSchema,
  RefusedElement,
  statusOf,
  toProblem,
} from '#http';
import { type ContextId, type DomainError, type SessionId } from '#kernel';
import { findRequestContext } from '#observability';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import type { ContextSummary, EmbeddingState } from '../context.js';
import type { StoreOutcome, StoreContext } from '../store/context-draft.js';

import { RECALL_CONTENT_BYTES, type RecallCommand, type Recalled } from '../recall/recall.service.js';
import { label, storeFields } from './context.fields.js';
import { asOfField, checkValidity, toTime, toValidity } from '../validity/validity.fields.js';
import { storedResponse, toContextResponse, toStoredResponse, toSummaryResponse } from './context.response.js';

const MAX_BATCH = 100;

const itemBody = z.strictObject(storeFields).superRefine(checkValidity);

/** Items are checked one by one, so that a bad one need not refuse the others. */
export const batchBody = checkedApart(
  z.strictObject({
    project: projectSlug.default(DEFAULT_PROJECT),
    atomic: z
      .boolean()
      .default(true)
      .meta({ description: 'True: all items or none. False: each that can be stored, and a problem for each other.' }),
    items: z
      .array(z.unknown().meta({ description: 'A body of POST /v1/contexts without `project`.' }))
      .min(1)
      .max(MAX_BATCH),
  }),
  'items',
);

export const batchResponse = z
  .object({
    items: z.array(
      z.object({
        status: z.int().meta({ description: '201 stored, 200 unchanged, or the status of the problem.' }),
        context: storedResponse.optional(),
        problem: problemSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'BatchOutcome' });

type Checked = { readonly item: StoreContext } | { readonly error: DomainError };

/** Each item as it is to be stored, or why it can't be, with pointers from the root of the body. */
export function checkItems(items: readonly unknown[]): Checked[] {
  return items.map((item, index) => {
    if (item instanceof RefusedElement) return { error: item.error };
    const unsafe = findUnsafeText(item);
    if (unsafe !== undefined) {
      return { error: invalidRequest([{ pointer: `/items/${index}${unsafe.pointer}`, detail: unsafe.detail }]) };
    }
    const result = itemBody.safeParse(item);
    return result.success
      ? { item: toStore(result.data) }
      : { error: invalidRequest(issuesOf(result.error, `/items/${index}`)) };
  });
}

export function toStore(body: z.infer<typeof itemBody>): StoreContext {
  const { content, tags, metadata } = body;
  const priority = body.priority ?? undefined;
  const sessionId = (body.sessionId ?? undefined) as SessionId | undefined;
  return { label: body.label ?? undefined, content, tags, priority, sessionId, metadata, ...toValidity(body) };
}

/** All that is wrong with any item. */
export function invalidItems(errors: readonly DomainError[]): DomainError {
  return invalidRequest(errors.flatMap((error) => error.issues));
}

/** Whether each of the contexts of an answer is embedded. */
type StateOf = (context: Pick<ContextSummary, 'id'>) => EmbeddingState;

export function toBatchItem(outcome: StoreOutcome, stateOf: StateOf): z.infer<typeof batchResponse>['items'][number] {
  if (!('error' in outcome)) {
    const context = toStoredResponse(outcome, stateOf(outcome.context));
    return { status: outcome.unchanged ? 200 : 201, context };
  }
  const { error } = outcome;
  return { status: statusOf(error.kind), problem: toProblem(error, findRequestContext()?.requestId ?? '', true) };
}

export const recallBody = z
  .strictObject({
    project: projectSlug.optional().meta({ description: 'Absent: `default` for labels, any project for ids.' }),
    labels: z.array(label).min(1).max(MAX_BATCH).optional(),
    ids: z.array(entityId()).min(1).max(MAX_BATCH).optional(),
    previewOnly: z.boolean().default(false),
    asOf: asOfField,
    mostContentBytes: z.int().min(0).max(RECALL_CONTENT_BYTES).default(RECALL_CONTENT_BYTES).meta({
      description:
        'Texts come until they are so many bytes together; those beyond come as previews, and `withoutContent` names them.',
    }),
    sessionId: entityId('must be the id of a session').nullish().meta({
      description: 'The session that works with them: they are in its handover, and not stored as new by it.',
    }),
  })
  .superRefine((body, context) => {
    if ((body.labels === undefined) === (body.ids === undefined)) {
      context.addIssue({ code: 'custom', path: ['labels'], message: 'give either labels or ids' });
    }
  });

export function toRecallCommand(body: z.infer<typeof recallBody>): RecallCommand {
  const { project, labels, ids, previewOnly, mostContentBytes, sessionId, asOf } = body;
  return {
    project,
    by: ids === undefined ? { labels: labels ?? [] } : { ids: ids as ContextId[] },
    previewOnly,
    mostContentBytes,
    asOf: toTime(asOf),
    sessionId: (sessionId ?? undefined) as SessionId | undefined,
  };
}

export function toRecalledResponse({ items, missing, withoutContent }: Recalled, stateOf: StateOf) {
  return {
    items: items.map((item) =>
      item.content === undefined
        ? toSummaryResponse(item, stateOf(item))
        : toContextResponse({ ...item, content: item.content }, stateOf(item)),
    ),
    missing: [...missing],
    withoutContent: [...withoutContent],
  };
}
