import { type ContextId, newId, newRevision, WorkPauses } from '#kernel';
import { importedByCaller } from '#observability';
import { type ForgottenTexts, type ImportTally, type ImportTarget, namesOf } from '#project';
import type { Context } from '../context.js';
import { type ContextDraft, draftOf } from '../store/context-draft.js';
import type { ConflictFinder } from '../conflict/conflict-finder.js';
import type { ContextObservers } from '../context-observers.js';
import type { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import type { NewContext } from '../store/context.row.js';
import type { PostgresContextRepository } from '../store/postgres-context.repository.js';
import type { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import type { ContextRows, DescribedVersion, KnownVersion, VersionRef } from './context-rows.js';

/** A version as a file has it: of no place yet, without what follows from its text. */
export type ContextCopy = DescribedVersion &
  Pick<Context, 'createdBy'> &
  Pick<Context, 'label' | 'version' | 'content'> & {
    /** As the file knows them. */
    readonly supersedes: readonly (VersionRef & { readonly id: ContextId })[];
  };

/** The versions of a label while a file is read. */
interface Line {
  readonly label: string;
  /** What the number was taken by before the import, or is by now. */
  readonly versions: Map<number, Pick<KnownVersion, 'id' | 'contentHash'>>;
  /** Texts that the label had before the import. */
  readonly texts: ReadonlySet<string>;
  lastVersion: number;
  /** A number was taken by another text: this and all later versions go behind the newest one. */
  isShifted: boolean;
}

type Decision =
  | { readonly action: 'skip' }
  | { readonly action: 'describe'; readonly id: ContextId }
  | { readonly action: 'add'; readonly version: number; readonly instead: ContextId | undefined };

type Placed = { readonly copy: ContextCopy; readonly draft: ContextDraft };

/**
 * Brings the versions of a file into a project, in the caller's transaction: all versions of a label after one another,
 * labels in the order of their bytes, so that its locks are taken in the order in which everybody takes them.
 *
 * A text never changes under an id: a version that is overwritten by another text is deleted, and the other one is a
 * context of its own.
 */
export class ContextImport {
  private line: Line | undefined;
  private hasRemoved = false;
  private returned = 0;

  constructor(
    private readonly target: ImportTarget,
    private readonly contexts: PostgresContextRepository,
    private readonly reads: PostgresContextReadRepository,
    private readonly rows: ContextRows,
    private readonly observers: ContextObservers,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly conflicts: ConflictFinder,
    private readonly forgotten: ForgottenTexts,
    private readonly tally: ImportTally,
  ) {}

  /** Whether versions were deleted so far. */
  get removed(): boolean {
    return this.hasRemoved;
  }

  /** How many texts are there again that were deleted from the project for good before. */
  get broughtBack(): number {
    return this.returned;
  }

  /** @param copies in the order of the file, of sessions as the project knows them */
  async import(copies: readonly ContextCopy[]): Promise<void> {
    const lines = await this.linesOf([...new Set(copies.map(({ label }) => label))]);
    const pauses = new WorkPauses();
    const placed: Placed[] = [];
    for (const copy of copies)
      placed.push({
        copy,
        draft: await draftOf({ ...copy, supersedes: [], sessionId: copy.sessionId ?? undefined }, pauses),
      });
    const added: (Placed & { readonly version: number })[] = [];
    const described: { readonly id: ContextId; readonly copy: ContextCopy }[] = [];
    const removed: { readonly id: ContextId; readonly label: string }[] = [];
    for (const one of placed) {
      const line = lines.get(one.copy.label);
      if (line === undefined) throw new Error('Every label has a line.');
      const decision = this.decide(line, one);
      if (decision.action === 'describe') described.push({ id: decision.id, copy: one.copy });
      if (decision.action !== 'add') continue;
      if (decision.instead !== undefined) removed.push({ id: decision.instead, label: one.copy.label });
      added.push({ ...one, version: decision.version });
    }
    const last = copies.at(-1)?.label;
    this.line = last === undefined ? undefined : lines.get(last);
    if (!this.target.dryRun) await this.write(added, described, removed);
  }

  /** The versions of a label that goes on from the last batch are known, and so is what was there before them. */
  private async linesOf(labels: readonly string[]): Promise<ReadonlyMap<string, Line>> {
    const { workspaceId, projectId } = this.target;
    const unknown = labels.filter((label) => label !== this.line?.label);
    const known = await this.rows.findVersions(workspaceId, projectId, unknown);
    const byLabel = new Map<string, KnownVersion[]>();
    for (const version of known) {
      const versions = byLabel.get(version.label);
      if (versions === undefined) byLabel.set(version.label, [version]);
      else versions.push(version);
    }
    const lines = new Map(unknown.map((label) => [label, lineOf(label, byLabel.get(label) ?? [])]));
    if (this.line !== undefined) lines.set(this.line.label, this.line);
    return lines;
  }

  private decide(line: Line, { copy, draft }: Placed): Decision {
    const { tally, target } = this;
    const taken = line.versions.get(copy.version);
    const isSame = taken?.contentHash === draft.contentHash;
    if (target.conflict === 'new_version' && taken !== undefined && !isSame) line.isShifted = true;
    if (line.isShifted) {
      if (line.texts.has(draft.contentHash)) {
        tally.skipped++;
        return { action: 'skip' };
      }
      tally.newVersions++;
      return this.add(line, line.lastVersion + 1, draft.contentHash);
    }
    if (taken === undefined) {
      tally.created++;
      return this.add(line, copy.version, draft.contentHash);
    }
    if (target.conflict !== 'overwrite') {
      tally.skipped++;
      return { action: 'skip' };
    }
    tally.overwritten++;
    return isSame ? { action: 'describe', id: taken.id } : this.add(line, copy.version, draft.contentHash, taken.id);
  }

  private add(line: Line, version: number, contentHash: string, instead?: ContextId): Decision {
    line.lastVersion = Math.max(line.lastVersion, version);
    // Its id is not asked for: no other version of the file has its number.
    line.versions.set(version, { id: newId<ContextId>(), contentHash });
    return { action: 'add', version, instead };
  }

  private async write(
    added: readonly (Placed & { readonly version: number })[],
    described: readonly { readonly id: ContextId; readonly copy: ContextCopy }[],
    removed: readonly { readonly id: ContextId; readonly label: string }[],
  ): Promise<void> {
    const { workspaceId, projectId } = this.target;
    const labels = [...new Set([...added, ...described].map(({ copy }) => copy.label))];
    if (labels.length === 0) return;
    const locked = await this.contexts.lockLabels(workspaceId, projectId, labels);
    await this.successions.lock(workspaceId, projectId);
    if (removed.length > 0) {
      this.hasRemoved = true;
      await this.withdraw(removed);
      await this.rows.remove(
        workspaceId,
        removed.map(({ id }) => id),
      );
    }
    const ids = await this.idsFor(added.map(({ copy }) => copy.id));
    const versions = added.map(({ copy, draft, version }, index): NewContext => {
      const line = locked.get(copy.label);
      const id = ids[index];
      if (line === undefined || id === undefined) throw new Error('Every label has a locked line.');
      const { supersedes: _, isPart: __, isLabelMade: ____, ...analysed } = draft;
      const { supersedes: ___, ...copied } = copy;
      return {
        ...copied,
        ...analysed,
        validFrom: copy.validFrom,
        validTo: copy.validTo,
        slotSubject: copy.slotSubject,
        slotAttribute: copy.slotAttribute,
        supersededBy: null,
        supersededAt: null,
        ...importedByCaller(copy),
        priorityDetected: copy.priorityDetected,
        revision: newRevision(),
        workspaceId,
        projectId,
        project: this.target.project,
        id,
        labelId: line.labelId,
        version,
      };
    });
    await this.rows.add(workspaceId, versions);
    const texts = versions.map(({ content }) => content);
    this.returned += await this.forgotten.bringBack(this.target, texts);
    const changed = new Set(
      await this.rows.describe(
        workspaceId,
        described.map(({ id, copy }) => ({ ...copy, id })),
      ),
    );
    await this.reportDescribed(described.filter(({ id }) => changed.has(id)));
    const latest = await this.contexts.settleLines(
      workspaceId,
      [...locked.values()].map(({ labelId }) => labelId),
    );
    const ended = await this.successions.settle(workspaceId, [
      ...versions.map(({ id }) => id),
      ...changed,
      ...removed.map(({ id }) => id),
    ]);
    const endOf = new Map(ended.map((context) => [context.id, context]));
    await this.observers.latest(
      workspaceId,
      latest.map((context) => ({ ...context, ...endOf.get(context.id) })),
    );
    await this.observers.stored(workspaceId, versions);
    await this.observers.validityChanged(workspaceId, ended);
    // What was decided where it comes from is decided: nothing of it is proposed again.
    await this.conflicts.enqueue(workspaceId, latest, false);
  }

  private async reportDescribed(
    described: readonly { readonly id: ContextId; readonly copy: ContextCopy }[],
  ): Promise<void> {
    const { workspaceId } = this.target;
    await this.withdraw(
      described.filter(({ copy }) => copy.archivedAt !== null).map(({ id, copy }) => ({ id, label: copy.label })),
    );
    for (const { id, copy } of described) {
      const summary = copy.archivedAt === null ? await this.reads.findSummary(workspaceId, id) : undefined;
      if (summary !== undefined) await this.observers.described(workspaceId, summary);
    }
  }

  private withdraw(versions: readonly { readonly id: ContextId; readonly label: string }[]): Promise<void> {
    const { workspaceId, projectId } = this.target;
    return this.observers.withdrawn(
      workspaceId,
      versions.map(({ id, label }) => ({ id, projectId, label })),
    );
  }

  /** Their own where those are free in the workspace, else those of copies. */
  private async idsFor(ids: readonly ContextId[]): Promise<readonly ContextId[]> {
    const { workspaceId, projectId } = this.target;
    const names = namesOf(this.target, ids);
    const taken = new Set((await this.rows.findTaken(workspaceId, projectId, names)).keys());
    return ids.map((id) => {
      const free = namesOf(this.target, [id]).find((name) => !taken.has(name)) ?? newId<ContextId>();
      taken.add(free);
      return free;
    });
  }
}

function lineOf(label: string, versions: readonly KnownVersion[]): Line {
  return {
    label,
    versions: new Map(versions.map((version) => [version.version, version])),
    texts: new Set(versions.map(({ contentHash }) => contentHash)),
    lastVersion: versions.at(-1)?.version ?? 0,
    isShifted: false,
  };
}
