import { Injectable } from '@nestjs/common';
import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import type { ContextDraft } from './context-draft.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/** Where drafts are stored. */
interface LabelledDrafts {
  /** Each with its label, by the draft that was given; in their order. */
  readonly labelled: ReadonlyMap<ContextDraft, ContextDraft>;
  /** Of every label, locked until the end of the transaction. */
  readonly lines: ReadonlyMap<string, LockedLabel>;
}

/**
 * Finds labels for texts that came without one: that of the newest version which holds the same text, of whatever label,
 * or one that is made of the title and has no versions yet. So two texts with one title are two contexts. The first has
 * the title, others have a part of their hash behind it.
 *
 * The line of the title is locked before that is decided: of two writers of the same text one finds what the other has
 * stored.
 */
@Injectable()
export class LabelMaker {
  constructor(
    private readonly contexts: PostgresContextRepository,
    private readonly reads: PostgresContextReadRepository,
  ) {}

  /** Locks the lines of all drafts, those of labels that were given as well. */
  async label(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    drafts: readonly ContextDraft[],
  ): Promise<LabelledDrafts> {
    const lines = new Map<string, LockedLabel>();
    const lock = async (labels: readonly string[]) => {
      if (labels.length === 0) return;
      for (const [label, line] of await this.contexts.lockLabels(workspaceId, projectId, labels))
        lines.set(label, line);
    };
    const unlabelled = drafts.filter(({ isLabelMade }) => isLabelMade);
    const find = async () => {
      if (unlabelled.length === 0) return new Map<string, string>();
      const hashes = unlabelled.map(({ contentHash }) => contentHash);
      return this.reads.findLabelsWith(workspaceId, projectId, hashes);
    };
    const before = await find();
    await lock(drafts.map((draft) => (draft.isLabelMade ? before.get(draft.contentHash) : undefined) ?? draft.label));
    // Whoever held one of these locks may have stored it.
    const found = await find();
    await lock([...found.values()].filter((label) => !lines.has(label)));

    /** The hash of what each label holds when the next draft is stored. */
    const holds = new Map<string, string | undefined>();
    for (const [label, { latest, lastVersion }] of lines) if (lastVersion > 0) holds.set(label, latest?.contentHash);
    const labelled = new Map<ContextDraft, ContextDraft>();
    for (const draft of drafts) {
      let { label } = draft;
      if (draft.isLabelMade) {
        const same = [found.get(draft.contentHash), ...holds.keys()].find(
          (each) => each !== undefined && holds.get(each) === draft.contentHash,
        );
        label = same ?? (await this.free(draft, holds, lines, lock));
      }
      holds.set(label, draft.contentHash);
      labelled.set(draft, { ...draft, label });
    }
    return { labelled, lines };
  }

  private async free(
    draft: ContextDraft,
    holds: ReadonlyMap<string, unknown>,
    lines: ReadonlyMap<string, LockedLabel>,
    lock: (labels: readonly string[]) => Promise<void>,
  ): Promise<string> {
    // The second may hold a newer text, which a client has stored under it; of an id nobody knows.
    for (const suffix of ['', ` (${draft.contentHash.slice(0, 8)})`, ` (${newId()})`]) {
      const label = `${draft.label}${suffix}`;
      if (holds.has(label)) continue;
      if (!lines.has(label)) await lock([label]);
      if (lines.get(label)?.lastVersion === 0) return label;
    }
    throw new Error('A label with a new id holds nothing.');
  }
}
