import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { Clock, newId, type ProjectId, type TombstoneId, WorkPauses, type WorkspaceId } from '#kernel';
import { writtenByCaller } from '#observability';
import { tombstonesTag } from '../project.cache.js';
import { PostgresForgottenTextRepository } from './postgres-forgotten-text.repository.js';
import { type TextKeys, textKeysOf } from './text-keys.js';
import { TextSecret } from './text-secret.js';
import { contextRejected } from './tombstone.js';

/** Where texts are stored. */
interface TextPlace {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  /** Slug. */
  readonly project: string;
}

/** A text of a request, and where it stands there. */
export interface GivenText {
  readonly pointer: string;
  readonly text: string;
}

/**
 * What features that store texts ask before they do: whether a text was rejected in the project. A text is compared as a whole
 * (`textKeysOf`); a longer one that contains it is another text.
 */
@Injectable()
export class ForgottenTexts {
  constructor(
    private readonly repository: PostgresForgottenTextRepository,
    private readonly secret: TextSecret,
    private readonly queries: ListCache,
    private readonly cache: CacheService,
    private readonly clock: Clock,
  ) {}

  /**
   * Call it in the transaction that stores the texts, or just before it: then the answer to whether anything is
   * rejected comes from the cache.
   * @throws DomainError `context-rejected` naming every text of these that was rejected in the project
   */
  async refuse(place: TextPlace, texts: readonly GivenText[]): Promise<void> {
    const { workspaceId, project } = place;
    const query = {
      workspace: workspaceId,
      statement: 'rejects-texts',
      parameters: project,
      tags: [tombstonesTag({ workspace: workspaceId, project })],
    };
    if (!(await this.queries.read(query, () => this.repository.hasRejected(workspaceId, project)))) return;
    const rejected = await this.findRejected(
      place,
      texts.map(({ text }) => text),
    );
    const pointers = texts.flatMap(({ pointer }, index) => (rejected.has(index) ? [pointer] : []));
    if (pointers.length > 0) throw contextRejected([...new Set(pointers)]);
  }

  /** Which of these texts, by their place, are rejected in the project. */
  async findRejected({ workspaceId, projectId }: TextPlace, texts: readonly string[]): Promise<ReadonlySet<number>> {
    const keys = await this.keysOf(workspaceId, texts);
    const rejected = await this.repository.findRejected(workspaceId, projectId, keys);
    const known = new Set(rejected.flatMap(namesOf));
    return new Set(keys.flatMap((each, index) => (namesOf(each).some((name) => known.has(name)) ? [index] : [])));
  }

  /**
   * Notes, in the transaction that deletes them, that texts were deleted for good.
   * @param texts page by page
   * @param tombstone whether they are not to be stored again
   * @returns the tombstones of these texts: of equal ones one
   */
  async forget(
    { workspaceId, projectId, project }: TextPlace,
    texts: AsyncIterable<readonly string[]>,
    { tombstone, reason }: { readonly tombstone: boolean; readonly reason: string },
  ): Promise<readonly TombstoneId[]> {
    const tombstones = new Set<TombstoneId>();
    const { createdBy } = writtenByCaller();
    for await (const page of texts) {
      const keys = await this.keysOf(workspaceId, page);
      const distinct = [...new Map(keys.map((each) => [each.small.toString('hex'), each])).values()];
      const noted = distinct.map((each) => ({
        id: newId<TombstoneId>(),
        keys: each,
        reason: tombstone ? reason : '',
        createdBy,
        createdAt: this.clock.now(),
      }));
      for (const id of await this.repository.insert(workspaceId, projectId, noted, tombstone)) tombstones.add(id);
    }
    if (tombstone) await this.cache.invalidate([tombstonesTag({ workspace: workspaceId, project })]);
    return [...tombstones];
  }

  /** In the transaction that stores them on purpose: that they are not forgotten any more. @returns how many of them were */
  async bringBack({ workspaceId, projectId }: TextPlace, texts: readonly string[]): Promise<number> {
    if (texts.length === 0 || !(await this.repository.hasForgotten(workspaceId, projectId))) return 0;
    return this.repository.remove(workspaceId, projectId, await this.keysOf(workspaceId, texts));
  }

  private async keysOf(workspaceId: WorkspaceId, texts: readonly string[]): Promise<readonly TextKeys[]> {
    const secret = this.secret.of(workspaceId);
    const pauses = new WorkPauses();
    const keys: TextKeys[] = [];
    for (const text of texts) {
      keys.push(await textKeysOf(text, secret, pauses));
      if (pauses.isDue) await pauses.pauseIfDue();
    }
    return keys;
  }
}

function namesOf({ small, capital }: TextKeys): [string, string] {
  return [`small ${small.toString('hex')}`, `capital ${capital.toString('hex')}`];
}
