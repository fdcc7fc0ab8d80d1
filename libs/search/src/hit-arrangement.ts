import { Injectable } from '@nestjs/common';
import { type HitValidity, PostgresHitValidity, type Successor } from './persistence/postgres-hit-validity.js';
import { PostgresHitTimes } from './persistence/postgres-hit-times.js';
import type { FusedHit } from './ranking/fusion.js';
import { type HitTerms, newestFirst } from './ranking/newest-first.js';
import { arrange, validFirst, withSuccessors } from './ranking/succession.js';
import { satisfies } from './search.js';
import type { PreparedSearch } from './search-page.js';

/** So many of the best hits are compared by the words that they hold. */
const MOST_COMPARED = 100;

/** The order of hits by when they are valid, and by the time that the query asks about. Every hit stays. */
@Injectable()
export class HitArrangement {
  constructor(
    private readonly validity: PostgresHitValidity,
    private readonly times: PostgresHitTimes,
  ) {}

  /**
   * What is valid stands before what it supersedes, also where it was shown on no page so far and holds no word of the query.
   * Where the query asks for a time, what was valid then does. Where it asks for now, the newest stands first of what holds the
   * same words of it.
   */
  async arranged(prepared: PreparedSearch, hits: readonly FusedHit[]): Promise<readonly FusedHit[]> {
    const { intent } = prepared;
    const mayAdd = mayAddTo(prepared);
    if (intent?.kind === 'time') {
      const validity = await this.validityThen(prepared, hits, intent);
      return validFirst(arrange(hits, { validity, mayAdd }), validity);
    }
    const validity = await this.validityOf(prepared, hits);
    const ordered = intent === undefined ? hits : await this.newestFirst(prepared, hits, validity, intent.phrase);
    return arrange(ordered, { validity, mayAdd });
  }

  /**
   * For a search that leaves out what is not valid: when the hits that it would have had besides are valid, and what stands for them.
   * @param unfiltered the best hits of the same search when it leaves nothing out; none: nothing is asked
   */
  leftOut(
    { scope, request, validAtMs }: PreparedSearch,
    unfiltered: readonly FusedHit[],
  ): Promise<ReadonlyMap<string, HitValidity>> {
    const at = request.filters.valid?.at ?? new Date(validAtMs);
    return this.validity.of(scope, contextsOf(unfiltered), at, { isKnown: request.asOf !== undefined });
  }

  /** What `arranged` gives, with what stands for hits that are left out among it. @param unfiltered as for `leftOut` */
  async arrangedWith(
    prepared: PreparedSearch,
    hits: readonly FusedHit[],
    unfiltered: readonly FusedHit[],
  ): Promise<readonly FusedHit[]> {
    const arranged = await this.arranged(prepared, hits);
    return withSuccessors(arranged, unfiltered, {
      validity: await this.leftOut(prepared, unfiltered),
      mayAdd: mayAddTo(prepared),
    });
  }

  /** Costs a statement where contexts of the project have a time of validity, and nothing elsewhere. */
  validityOf(
    { scope, request, isDated, validAtMs }: PreparedSearch,
    hits: readonly FusedHit[],
  ): Promise<ReadonlyMap<string, HitValidity>> {
    const ids = contextsOf(hits);
    // What was valid at another time is not shown by what has come since.
    if (!isDated || ids.length === 0 || request.asOf !== undefined) return Promise.resolve(new Map());
    return this.validity.of(scope, ids, new Date(validAtMs));
  }

  private validityThen(
    { scope, adHoc, validAtMs }: PreparedSearch,
    hits: readonly FusedHit[],
    {
      fromMs,
      toMs,
      isEarlier = false,
    }: { readonly fromMs?: number; readonly toMs?: number; readonly isEarlier?: boolean },
  ): Promise<ReadonlyMap<string, HitValidity>> {
    const ids = contextsOf(hits);
    if (ids.length === 0) return Promise.resolve(new Map());
    const dateOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));
    const time = isEarlier ? { endedBy: new Date(validAtMs) } : { from: dateOf(fromMs), to: dateOf(toMs) };
    return this.times.validityThen(
      scope,
      ids,
      time,
      adHoc.documents.map(({ document }) => document.id),
    );
  }

  private async newestFirst(
    { scope, ranking }: PreparedSearch,
    hits: readonly FusedHit[],
    validity: ReadonlyMap<string, HitValidity>,
    phrase: string,
  ): Promise<readonly FusedHit[]> {
    const asking = phrase.toLowerCase();
    const terms = ranking?.terms.flatMap(({ term }) => (asking.includes(term) ? [] : [term])) ?? [];
    const compared = hits.slice(0, MOST_COMPARED).filter(({ id }) => validity.get(id)?.isValid !== false);
    if (terms.length === 0 || compared.length < 2) return hits;
    const ids = compared.map(({ id }) => id);
    const held: ReadonlyMap<string, HitTerms> = await this.times.termsOf(scope, ids, terms);
    return newestFirst(hits, held);
  }
}

/** Whether a successor may be shown that is no hit: on no page so far, and no filter is dropped for it. */
function mayAddTo({ seen, request }: PreparedSearch): (successor: Successor) => boolean {
  return (successor) => !seen.has(successor.id) && satisfies(successor, request.filters);
}

function contextsOf(hits: readonly FusedHit[]): string[] {
  return hits.flatMap(({ kind, id }) => (kind === 'context' ? [id] : []));
}
