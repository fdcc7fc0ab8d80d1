import { Injectable } from '@nestjs/common';
import { ListCache, type Tag } from '#cache';
import { conversationTag } from '#conversation';
import type { WorkspaceId } from '#kernel';
import { sessionLogTag } from '#session';
import {
  type EntryPlace,
  type HitSource,
  type HitText,
  type Neighbour,
  PostgresHitSources,
} from './persistence/postgres-hit-sources.js';
import type { SearchHit } from './search.js';

/** A hit with where it comes from and what stands around it. */
export interface SituatedHit extends SearchHit {
  /** Null where it was deleted since it was found. */
  readonly source: Omit<HitSource, 'projectId'> | null;
  /** Oldest first. */
  readonly neighbours: readonly Neighbour[];
  /** What it says; undefined where nobody asked for it. */
  readonly said: HitText | undefined;
}

/**
 * Says of hits where they come from, and what was said or logged around them. That is cached apart from what was found: a
 * source never changes, and neighbours fall with their conversation or their session's log.
 */
@Injectable()
export class HitSources {
  constructor(
    private readonly queries: ListCache,
    private readonly rows: PostgresHitSources,
  ) {}

  /**
   * @param neighbours how many on each side
   * @param textLength of the text of each hit, in UTF-16 units; 0 for none
   */
  async situate(
    workspaceId: WorkspaceId,
    hits: readonly SearchHit[],
    { neighbours: count, textLength }: { readonly neighbours: number; readonly textLength: number },
  ): Promise<readonly SituatedHit[]> {
    const sources = await this.queries.readMany(
      hits.map(({ id }) => ({ workspace: workspaceId, statement: 'hit-source', parameters: id, tags: [] })),
      async (missing) => {
        const found = await this.rows.sourcesOf(
          workspaceId,
          missing.map(({ parameters }) => parameters as string),
        );
        return missing.map(({ parameters }) => found.get(parameters as string));
      },
    );
    const neighbours = await this.neighboursOf(workspaceId, hits, sources, count);
    const texts = await this.textsOf(workspaceId, hits, sources, textLength);
    return hits.map((hit, place) => {
      const source = sources[place];
      if (source === undefined) return { ...hit, source: null, neighbours: [], said: undefined };
      const { projectId: _, ...shown } = source;
      return { ...hit, source: shown, neighbours: neighbours.get(hit.id) ?? [], said: texts.get(hit.id) };
    });
  }

  /** Texts of messages change with their conversation, all others never. */
  private async textsOf(
    workspaceId: WorkspaceId,
    hits: readonly SearchHit[],
    sources: readonly (HitSource | undefined)[],
    length: number,
  ): Promise<ReadonlyMap<string, HitText>> {
    if (length === 0) return new Map();
    const texts = await this.queries.readMany(
      hits.map(({ id }, place) => {
        const conversationId = sources[place]?.conversationId ?? null;
        return conversationId === null
          ? { workspace: workspaceId, statement: 'hit-text', parameters: [id, length], tags: [] }
          : {
              workspace: workspaceId,
              statement: 'message-text',
              parameters: [id, length],
              tags: [conversationTag({ workspace: workspaceId, id: conversationId })],
            };
      }),
      async (missing) => {
        const ids = missing.map(({ parameters }) => (parameters as readonly [string])[0]);
        const found = await this.rows.textsOf(workspaceId, ids, length);
        return ids.map((id) => found.get(id));
      },
    );
    return new Map(hits.flatMap(({ id }, place) => (texts[place] === undefined ? [] : [[id, texts[place]]])));
  }

  private async neighboursOf(
    workspaceId: WorkspaceId,
    hits: readonly SearchHit[],
    sources: readonly (HitSource | undefined)[],
    count: number,
  ): Promise<ReadonlyMap<string, readonly Neighbour[]>> {
    if (count === 0) return new Map();
    const messages: { readonly id: string; readonly conversationId: string; readonly seq: number }[] = [];
    const entries: EntryPlace[] = [];
    for (const [place, { id, kind }] of hits.entries()) {
      const { projectId, sessionId = null, conversationId = null, seq = null } = sources[place] ?? {};
      if (conversationId !== null && seq !== null) messages.push({ id, conversationId, seq });
      if (kind === 'entry' && sessionId !== null && projectId !== undefined) entries.push({ id, sessionId, projectId });
    }
    const ofMessages = await this.read(
      workspaceId,
      'message-neighbours',
      count,
      messages,
      ({ conversationId }) => conversationTag({ workspace: workspaceId, id: conversationId }),
      (missing) => this.rows.aroundMessages(workspaceId, missing, count),
    );
    const ofEntries = await this.read(
      workspaceId,
      'entry-neighbours',
      count,
      entries,
      ({ sessionId }) => sessionLogTag({ workspace: workspaceId, id: sessionId }),
      (missing) => this.rows.aroundEntries(workspaceId, missing, count),
    );
    return new Map([...ofMessages, ...ofEntries]);
  }

  private async read<Place extends { readonly id: string }>(
    workspaceId: WorkspaceId,
    statement: string,
    count: number,
    places: readonly Place[],
    tagOf: (place: Place) => Tag,
    load: (missing: readonly Place[]) => Promise<readonly (readonly Neighbour[])[]>,
  ): Promise<readonly (readonly [string, readonly Neighbour[]])[]> {
    const byId = new Map(places.map((place) => [place.id, place]));
    const found = await this.queries.readMany(
      places.map((place) => ({
        workspace: workspaceId,
        statement,
        parameters: [place.id, count],
        tags: [tagOf(place)],
      })),
      (missing) =>
        load(missing.flatMap(({ parameters }) => byId.get((parameters as readonly [string])[0]) ?? [])).then((all) => [
          ...all,
        ]),
    );
    return places.map(({ id }, place) => [id, found[place] ?? []] as const);
  }
}
