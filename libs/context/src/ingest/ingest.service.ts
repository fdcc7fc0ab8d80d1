import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import type { ContextId, SessionId, WorkspaceId } from '#kernel';
import type { Context, ContextSummary, LabelRef } from '../context.js';
import type { StoredContext, StoreContext } from '../store/context-draft.js';
import { ForgottenTexts } from '#project';
import { ContextService } from '../store/context.service.js';
import { ContextStoreService } from '../store/context-store.service.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import type { Priority } from '../extract/priority.js';
import { type Chunk, chunksOf } from './chunks.js';
import { MAX_DOCUMENT_LENGTH, type ReadDocument } from './document.js';

/** More would keep a transaction, and everybody else's work on the embedded database, waiting. */
export const MAX_PARTS = 250;

/** Digits of the number of a part in its label: labels sort as the document goes. */
const PART_DIGITS = 4;
const PAGE = 100;

export interface IngestCommand {
  /** Of the document; its parts are labelled `<label>/0001` and so on. */
  readonly label: string;
  readonly document: ReadDocument;
  /** Longest part, in UTF-16 units. */
  readonly partLength: number;
  readonly tags: readonly string[];
  readonly priority: Priority;
  readonly sessionId?: SessionId;
  readonly validFrom?: Date | null;
  readonly validTo?: Date | null;
  readonly metadata: Context['metadata'];
}

type PartInput = StoreContext & Pick<Context, 'priority'>;

interface IngestedPart extends StoredContext {
  readonly heading: string | undefined;
}

export interface Ingested {
  /** In the order of the document. */
  readonly parts: readonly IngestedPart[];
  /** Labels of parts that an earlier state of the document had and this one has not; they are archived. */
  readonly removed: readonly string[];
  /** How many texts are there again that were deleted for good before. */
  readonly broughtBack: number;
  /** Of the text of the document. */
  readonly length: number;
  /** Of what is in the parts; less than `length` where the document was cut. */
  readonly keptLength: number;
  /** Why not all of the document is in the parts. */
  readonly cut: string | undefined;
}

/**
 * Keeps documents as contexts, one for each part. A document that is ingested again takes the place of what it was: its
 * parts become new versions where they changed, carry the tags, priority and metadata that are said now, and parts that
 * it has no more are archived. All in one transaction; two that ingest one document at once do it one after the other.
 */
@Injectable()
export class IngestService {
  constructor(
    private readonly store: ContextStoreService,
    private readonly contexts: ContextService,
    private readonly repository: PostgresContextReadRepository,
    private readonly transactions: TransactionRunner,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /**
   * @param project slug; made where it is missing
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired` naming `/sessionId`; `context-rejected` where a
   * part is a text that the project rejects
   */
  async ingest(workspaceId: WorkspaceId, project: string, command: IngestCommand): Promise<Ingested> {
    const { document, partLength } = command;
    const kept = document.text.slice(0, MAX_DOCUMENT_LENGTH).toWellFormed();
    const { chunks, end } = chunksOf(kept, {
      length: partLength,
      most: MAX_PARTS,
      isMarked: document.format !== 'text',
    });
    const inputs = chunks.map((chunk, index) => partOf(command, chunk, index + 1));
    const { parts, removed, broughtBack } = await this.transactions.run(
      () => this.replace(workspaceId, project, command, inputs),
      { retries: 3 },
    );
    return {
      parts: parts.map((part, index) => ({ ...part, heading: chunks[index]?.heading })),
      removed,
      broughtBack,
      length: document.text.length,
      keptLength: end,
      cut: cutOf(document, end),
    };
  }

  private async replace(
    workspaceId: WorkspaceId,
    project: string,
    command: IngestCommand,
    inputs: readonly PartInput[],
  ): Promise<Pick<Ingested, 'removed' | 'broughtBack'> & { readonly parts: readonly StoredContext[] }> {
    const parts: StoredContext[] = [];
    const stored: string[] = [];
    const outcomes = await this.store.storeEach(workspaceId, project, inputs, () => '');
    for (const [index, outcome] of outcomes.entries()) {
      if ('error' in outcome) throw outcome.error;
      const input = inputs[index] as PartInput;
      if (!outcome.unchanged) stored.push(input.content);
      parts.push(outcome.unchanged ? await this.describe(workspaceId, input, outcome) : outcome);
    }
    const kept = new Set(parts.map(({ context }) => context.label));
    const projectId = parts[0]?.context.projectId;
    const removed: string[] = [];
    const before = projectId === undefined ? [] : await this.partsOf(workspaceId, { projectId, label: command.label });
    for (const { id, label } of before) {
      if (kept.has(label)) continue;
      const reason = `no longer a part of ${command.label}`;
      await this.contexts.archive(workspaceId, id, { reason, force: true, allVersions: true });
      removed.push(label);
    }
    const broughtBack =
      projectId === undefined ? 0 : await this.forgotten.bringBack({ workspaceId, projectId, project }, stored);
    return { parts, removed: removed.sort(), broughtBack };
  }

  /** A text that is there already keeps its version, but not what was said of it. */
  private async describe(workspaceId: WorkspaceId, input: PartInput, stored: StoredContext): Promise<StoredContext> {
    const { context } = stored;
    // What a recall handed out under another label is not this document's.
    if (context.label !== input.label) return stored;
    const said = {
      tags: [...new Set(input.tags)],
      priority: input.priority,
      priorityDetected: false,
      metadata: input.metadata,
    };
    const { tags, priority, priorityDetected, metadata } = context;
    if (isDeepStrictEqual(said, { tags, priority, priorityDetected, metadata })) return stored;
    return { ...stored, context: await this.contexts.describe(workspaceId, context.id, said), unchanged: false };
  }

  /** Newest versions of the parts that the document has now; a label that only looks like one of them is not. */
  private async partsOf(workspaceId: WorkspaceId, { projectId, label }: LabelRef): Promise<readonly ContextSummary[]> {
    const filter = { projectId, labelPrefix: `${label}/`, which: 'latest' } as const;
    const parts: ContextSummary[] = [];
    let next: readonly [ContextId] | undefined;
    do {
      const page = await this.repository.list(workspaceId, filter, next?.[0], PAGE);
      parts.push(...page.items.filter((context) => isPartOf(context, label)));
      next = page.next;
    } while (next !== undefined);
    return parts;
  }
}

function partOf(command: IngestCommand, chunk: Chunk, number: number) {
  const { label, document, tags, priority, sessionId, validFrom, validTo, metadata } = command;
  return {
    label: `${label}/${String(number).padStart(PART_DIGITS, '0')}`,
    content: chunk.text,
    tags,
    priority,
    sessionId,
    validFrom,
    validTo,
    isPart: true,
    metadata: {
      ...metadata,
      document: {
        label,
        part: number,
        format: document.format,
        ...(document.title === undefined ? {} : { title: document.title }),
        ...(chunk.heading === undefined ? {} : { heading: chunk.heading }),
      },
    },
  } satisfies PartInput;
}

function isPartOf({ label: own, metadata }: ContextSummary, label: string): boolean {
  const { document } = metadata as { readonly document?: { readonly label?: unknown } };
  return /^\d{4}$/.test(own.slice(label.length + 1)) && document?.label === label;
}

function cutOf({ text, cut }: ReadDocument, end: number): string | undefined {
  if (end === text.length) return cut;
  if (end < Math.min(text.length, MAX_DOCUMENT_LENGTH)) return `a document has at most ${MAX_PARTS} parts`;
  return `at most ${MAX_DOCUMENT_LENGTH} characters of a document are kept`;
}
