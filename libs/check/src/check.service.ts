import { Injectable } from '@nestjs/common';
import { ContextService, type ContextSummary, isValidAt, RecallService } from '#context';
import { Clock, type ContextId, type Principal, WorkPauses, type WorkspaceId } from '#kernel';
import { queryOfText, type SearchAnswer, SearchService } from '#search';
import type { CheckAnswer, CheckCommand, RelevantContext, StatedRule } from './check.js';
import { reasonsOf, type RelevantHit, relevantOf, sharedWords, significantWords } from './relevance.js';
import { rulesOfLong } from './rules/rules-of.js';
import { statementsOf, type Violation, violationOf } from './rules/violations-of.js';

/** As many as can speak up in every check; a project with more is reported. */
export const MOST_ALWAYS_CHECKED = 100;
export const MOST_RULES = 200;

/** Says what an agent has to heed before it acts: what is always to be checked, what is relevant, and the rules in it. */
@Injectable()
export class CheckService {
  constructor(
    private readonly contexts: ContextService,
    private readonly recalls: RecallService,
    private readonly searches: SearchService,
    private readonly clock: Clock,
  ) {}

  /**
   * Reads what its parts read, from the same caches; the contexts of the answer count as read.
   * @param billedPrincipal whose budget pays for the vector of the text
   */
  async check(workspaceId: WorkspaceId, command: CheckCommand, billedPrincipal?: Principal): Promise<CheckAnswer> {
    const { project, text, limit } = command;
    const filter = { priority: 'always_check', which: 'latest' } as const;
    const always = await this.contexts.list(workspaceId, project, filter, undefined, MOST_ALWAYS_CHECKED);
    const found = await this.search(workspaceId, command, billedPrincipal);
    const hits = new Map<string, RelevantHit>(relevantOf(found.items).map((relevant) => [relevant.hit.id, relevant]));
    const others = [...hits.keys()].filter((id) => always.items.every((context) => context.id !== id)).slice(0, limit);
    const ids = [...always.items.map(({ id }) => id), ...(others as ContextId[])];
    // What was replaced or archived since it was found is nothing to heed.
    const { items, withoutContent } = ids.length === 0 ? NOTHING : await this.contentsOf(workspaceId, project, ids);

    const alwaysIds = new Set<string>(always.items.map(({ id }) => id));
    const pauses = new WorkPauses();
    const significant = significantWords(text);
    const relevant: RelevantContext[] = [];
    for (const { content = '', ...context } of items) {
      const hit = hits.get(context.id);
      const words = await sharedWords(significant, content, pauses);
      relevant.push({
        context,
        score: hit?.hit.score ?? null,
        why: [
          ...(alwaysIds.has(context.id) ? [{ kind: 'always-check' as const }] : []),
          ...(hit !== undefined ? reasonsOf(hit, words) : words.length > 0 ? [{ kind: 'words' as const, words }] : []),
        ],
      });
    }
    const now = this.clock.now();
    const isValid = ({ context }: RelevantContext) => isValidAt(context, now);
    const matching = inOrder(relevant.filter(({ why }) => why.length > 0));
    // What is not true is nothing to heed, but worth to know.
    const contexts = [...matching.filter(isValid), ...matching.filter((context) => !isValid(context))];
    const contentOf = new Map<string, string>(items.map(({ id, content = '' }) => [id, content]));
    const rules: StatedRule[] = [];
    for (const { context } of contexts.filter(isValid)) {
      const stated = await rulesOfLong(contentOf.get(context.id) ?? '', MOST_RULES - rules.length, pauses);
      rules.push(...stated.map((rule) => ({ ...rule, context })));
    }
    const statements = statementsOf(text);
    const violations: Violation<StatedRule>[] = [];
    for (const rule of rules) {
      await pauses.pauseIfDue();
      const violation = violationOf(rule, statements);
      if (violation !== undefined) violations.push(violation);
    }
    const faults = [
      ...(found.degraded && found.reason !== null ? [found.reason] : []),
      ...(always.next === undefined
        ? []
        : [`only the newest ${MOST_ALWAYS_CHECKED} contexts of always_check were looked at`]),
      ...(withoutContent.length === 0 ? [] : [`the texts of ${withoutContent.length} contexts were too long together`]),
    ];
    return {
      project,
      contexts,
      rules,
      violations,
      degraded: faults.length > 0,
      reason: faults.join('; ') || null,
    };
  }

  private async search(
    workspaceId: WorkspaceId,
    { project, text, limit }: CheckCommand,
    billedPrincipal: Principal | undefined,
  ): Promise<Pick<SearchAnswer, 'items' | 'degraded' | 'reason'>> {
    // The search looks at the start of a longer text; rules are held against all of it.
    const query = queryOfText(text);
    if (query === '') return { items: [], degraded: false, reason: null };
    const request = { project, query, rerank: false, limit: limit + MOST_ALWAYS_CHECKED, filters: ONLY_CONTEXTS };
    return this.searches.search(workspaceId, request, { billedPrincipal });
  }

  private contentsOf(workspaceId: WorkspaceId, project: string, ids: readonly ContextId[]) {
    return this.recalls.recall(workspaceId, { project, by: { ids }, previewOnly: false, isShown: true });
  }
}

/** Many messages must not push them out of what is looked at. */
const ONLY_CONTEXTS = { kinds: ['context'] } as const;

const NOTHING: {
  readonly items: readonly (ContextSummary & { readonly content?: string })[];
  readonly withoutContent: readonly ContextId[];
} = { items: [], withoutContent: [] };

/** What is always checked and matches, what was found, and what is always checked and does not show why. */
function inOrder(contexts: readonly RelevantContext[]): RelevantContext[] {
  const place = ({ why }: RelevantContext) => (why[0]?.kind !== 'always-check' ? 1 : why.length > 1 ? 0 : 2);
  return contexts.toSorted(
    (a, b) => place(a) - place(b) || (b.score ?? -1) - (a.score ?? -1) || (a.context.id < b.context.id ? 1 : -1),
  );
}
