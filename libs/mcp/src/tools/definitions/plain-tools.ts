import type { ToolDefinition } from '../tool.js';

/** What a client finds that knows nothing of Keepsake: three verbs, each with one argument that it needs. */
export const plainTools: readonly ToolDefinition[] = [
  {
    name: 'remember',
    title: 'Remember a text',
    description:
      'Keep a fact, decision or note for good; `content` is all that it needs. The same text again changes nothing. Answers with its id.',
    route: 'POST /v1/contexts',
    alsoKnownAs: 'context_store',
    effect: 'adds',
    idempotent: true,
    core: true,
    shows: ['content', 'project', 'label', 'tags', 'priority', 'sessionId'],
    omits: ['/content', '/metadata'],
  },
  {
    name: 'recall',
    title: 'Recall what is known',
    description:
      'What the memory says about `query`, a question or plain words: the texts that answer it, best first, each with its id. A question about now or about a time is answered so; `intent` says it.',
    route: 'GET /v1/search',
    alsoKnownAs: 'search',
    effect: 'reads',
    core: true,
    renames: { q: 'query' },
    shows: ['query', 'project', 'limit', 'tags', 'kinds', 'since', 'current', 'asOf', 'cursor'],
    // A usual memory whole, and all hits of an answer within what a model is shown.
    sends: { textLength: 2_000 },
    omits: ['/items/*/scores', '/items/*/channels'],
    recalls: true,
    readOn: 'Ask again with a smaller limit, or read a text by its id with context_get.',
  },
  {
    name: 'forget',
    title: 'Forget a text',
    description:
      'Delete a version of a context for good, by its id, or with `allVersions` its whole label; with `tombstone` the text can not be stored again. Can not be taken back.',
    route: 'POST /v1/contexts/:id/forget',
    effect: 'removes',
    core: true,
  },
];
