import type { Fact, TagName } from './dependency-table.js';

/** Who writes, which facts change with it, and which tags it fires in its transaction. */
export interface Writer {
  readonly changes: readonly Fact[];
  /** All that it fires, of whatever thing. */
  readonly fires: readonly TagName[];
  /** Fired by some calls of it alone. */
  readonly mayFire?: readonly TagName[];
  /** The test that shows it instead of the walk over this table, where that needs a setting of its own. */
  readonly provedBy?: string;
}

/** What changes nothing that is cached: jobs, audit, policies, limits, the cache itself. */
const nothing: Writer = { changes: [], fires: [] };
const handover: readonly TagName[] = ['handover', 'handovers', 'any-handover', 'project-contents'];
const session: readonly TagName[] = ['session', 'sessions'];
const version: readonly TagName[] = ['context', 'label', 'contexts', 'project-contents', 'any-context', 'search'];
const conversation: readonly TagName[] = ['conversation', 'conversations', 'any-conversation'];
const agentState: readonly TagName[] = ['agent-state', 'agents', 'project-contents'];
const checkpoint: readonly TagName[] = ['checkpoints', 'project-contents'];
/** Where a project is named for the first time. */
const newProject: readonly TagName[] = ['project', 'projects'];

/** Routes that write. A route's MCP tool is the same route by another name. */
export const WRITING_ROUTES: Readonly<Record<string, Writer>> = {
  'POST /v1/workspaces': { changes: ['workspaces'], fires: ['workspace'] },
  'PATCH /v1/settings': { changes: ['settings'], fires: ['settings'] },
  'POST /v1/keys': { changes: ['keys'], fires: ['credential'] },
  'POST /v1/keys/{id}/rotate': { changes: ['keys'], fires: ['credential'] },
  'PATCH /v1/keys/{id}': { changes: ['keys'], fires: ['credential'] },
  'DELETE /v1/keys/{id}': { changes: ['keys'], fires: ['credential'] },
  'POST /v1/auth/logout': {
    changes: ['token revocations'],
    fires: ['credential'],
    provedBy: 'test/e2e/tokens.e2e-spec.ts',
  },
  'POST /v1/auth/revocations': {
    changes: ['token revocations'],
    fires: ['token-subject'],
    provedBy: 'test/e2e/tokens.e2e-spec.ts',
  },
  'POST /v1/sessions': {
    changes: ['sessions', 'session count'],
    fires: [...session, 'project-contents'],
    mayFire: newProject,
  },
  'PATCH /v1/sessions/{id}': {
    changes: ['sessions'],
    fires: session,
    // A switch of project leaves a handover.
    mayFire: [...handover, ...newProject, 'search'],
  },
  'POST /v1/sessions/{id}/heartbeat': { changes: ['sessions'], fires: session },
  'POST /v1/sessions/{id}/entries': {
    changes: ['entries', 'todos', 'search index'],
    fires: ['session-log', 'todos', 'project-contents', 'search'],
    mayFire: session,
  },
  'POST /v1/sessions/{id}/end': {
    changes: ['sessions', 'handovers', 'search index'],
    fires: [...session, ...handover, 'search'],
  },
  'POST /v1/contexts': {
    changes: ['contexts', 'search index', 'always-check contexts'],
    fires: version,
    mayFire: [...newProject, ...session, 'always-check'],
  },
  'POST /v1/contexts/batch': {
    changes: ['contexts', 'search index', 'always-check contexts'],
    fires: version,
    mayFire: [...newProject, ...session, 'always-check'],
  },
  'POST /v1/contexts/ingest': {
    changes: ['contexts', 'search index'],
    fires: version,
    mayFire: [...newProject, ...session, 'always-check'],
  },
  'PATCH /v1/contexts/{id}': {
    changes: ['contexts', 'search index', 'always-check contexts'],
    fires: version,
    mayFire: ['always-check'],
  },
  'POST /v1/contexts/{id}/archive': {
    changes: ['contexts', 'search index', 'always-check contexts'],
    fires: version,
    mayFire: ['always-check'],
  },
  'POST /v1/contexts/{id}/restore': {
    changes: ['contexts', 'search index', 'always-check contexts'],
    fires: version,
    mayFire: ['always-check'],
  },
  'DELETE /v1/contexts/{id}': {
    changes: ['contexts', 'conflicts', 'search index', 'always-check contexts', 'handovers', 'feedback'],
    fires: [...version, 'removals'],
    mayFire: ['always-check'],
  },
  'DELETE /v1/projects/{project}/contexts/{label}': {
    changes: ['contexts', 'conflicts', 'search index', 'always-check contexts', 'handovers', 'feedback'],
    fires: [...version, 'removals'],
    mayFire: ['always-check'],
  },
  'POST /v1/contexts/{id}/forget': {
    changes: ['contexts', 'tombstones', 'conflicts', 'search index', 'always-check contexts', 'handovers'],
    fires: [...version, 'removals', 'tombstones'],
    mayFire: ['always-check'],
  },
  'POST /v1/projects/{project}/contexts/{label}/forget': {
    changes: ['contexts', 'tombstones', 'conflicts', 'search index', 'always-check contexts', 'handovers'],
    fires: [...version, 'removals', 'tombstones'],
    mayFire: ['always-check'],
  },
  'DELETE /v1/projects/{project}/tombstones/{id}': { changes: ['tombstones'], fires: ['tombstones'] },
  'POST /v1/conflicts/{id}/resolve': {
    changes: ['conflicts', 'contexts', 'search index', 'always-check contexts'],
    fires: [...version, 'conflicts'],
    mayFire: ['always-check', 'removals'],
  },
  'PATCH /v1/projects/{project}': { ...nothing, mayFire: newProject },
  // They count what was read, and that is written down some seconds later.
  'POST /v1/contexts/check': nothing,
  'POST /v1/contexts/recall': nothing,
  'POST /v1/handovers': { changes: ['handovers'], fires: handover, mayFire: [...newProject, 'search'] },
  'POST /v1/handovers/{id}/acknowledge': { changes: ['handovers'], fires: handover },
  'PUT /v1/agents/{agent}/state': { changes: ['agent states'], fires: agentState, mayFire: newProject },
  'PATCH /v1/agents/{agent}/state': { changes: ['agent states'], fires: agentState },
  'DELETE /v1/agents/{agent}/state': { changes: ['agent states'], fires: agentState },
  'POST /v1/agents/{agent}/checkpoints': { changes: ['checkpoints'], fires: checkpoint },
  'DELETE /v1/agents/{agent}/checkpoints/{id}': { changes: ['checkpoints'], fires: checkpoint },
  'POST /v1/agents/{agent}/restore': { changes: ['agent states'], fires: agentState },
  'POST /v1/feedback': { changes: ['feedback'], fires: ['feedback'] },
  'DELETE /v1/users/{user}': {
    changes: ['profiles', 'feedback'],
    fires: ['profile'],
    mayFire: ['feedback'],
    provedBy: 'test/e2e/users/erasure.e2e-spec.ts',
  },
  'PATCH /v1/users/{user}/profile': { changes: ['profiles'], fires: ['profile'] },
  'PUT /v1/retention/{project}': { ...nothing, mayFire: newProject },
  'POST /v1/retention/{project}/run': {
    changes: ['contexts', 'search index'],
    fires: version,
    mayFire: ['removals'],
  },
  'POST /v1/conversations': {
    changes: ['conversations', 'conversation count'],
    fires: [...conversation, 'project-contents'],
    mayFire: [...newProject, ...session],
  },
  'PATCH /v1/conversations/{id}': { changes: ['conversations'], fires: conversation, mayFire: session },
  // What goes on is found or not by `live`.
  'POST /v1/conversations/{id}/archive': {
    changes: ['conversations', 'search index'],
    fires: [...conversation, 'search'],
  },
  // What goes on is found or not by `live`.
  'POST /v1/conversations/{id}/restore': {
    changes: ['conversations', 'search index'],
    fires: [...conversation, 'search'],
  },
  'DELETE /v1/conversations/{id}': {
    changes: ['conversations', 'conversation count', 'messages', 'search index'],
    fires: [...conversation, 'project-contents', 'search'],
  },
  'POST /v1/conversations/{id}/messages': {
    changes: ['conversations', 'messages', 'search index'],
    fires: [...conversation, 'search'],
    mayFire: session,
  },
  'PATCH /v1/conversations/{id}/messages/{message}': {
    changes: ['messages', 'search index'],
    fires: ['conversation', 'search'],
  },
  'DELETE /v1/conversations/{id}/messages/{message}': {
    changes: ['conversations', 'messages', 'search index'],
    fires: [...conversation, 'search'],
  },
  'DELETE /v1/conversations/{id}/messages': {
    changes: ['conversations', 'messages', 'search index'],
    fires: [...conversation, 'search'],
  },
  'DELETE /v1/projects/{project}': {
    changes: [
      'projects',
      'sessions',
      'session count',
      'entries',
      'todos',
      'contexts',
      'conflicts',
      'tombstones',
      'always-check contexts',
      'accesses',
      'vectors',
      'handovers',
      'conversations',
      'conversation count',
      'messages',
      'agent states',
      'checkpoints',
      'feedback',
      'search index',
    ],
    fires: ['project', 'projects', 'removals', 'search'],
  },
  'POST /v1/projects/{project}/transcripts': {
    changes: ['projects', 'conversations', 'conversation count', 'messages', 'search index'],
    fires: ['project', 'project-contents', 'removals', 'search'],
    mayFire: ['projects'],
  },
  'POST /v1/projects/{project}/import': {
    changes: [
      'projects',
      'sessions',
      'session count',
      'entries',
      'todos',
      'contexts',
      'always-check contexts',
      'handovers',
      'conversations',
      'conversation count',
      'messages',
      'agent states',
      'checkpoints',
      'search index',
    ],
    fires: ['project', 'project-contents', 'removals', 'search'],
    mayFire: ['projects'],
  },
  'POST /v1/embeddings': nothing,
  'POST /v1/admin/cache/warm': nothing,
  'POST /v1/admin/cache/test': nothing,
  'PATCH /v1/admin/cache/families/{name}': nothing,
  // What an administrator drops though nothing has changed.
  'POST /v1/admin/cache/invalidations': {
    ...nothing,
    mayFire: ['project', 'contexts', 'handovers', 'search', 'todos'],
  },
  'POST /v1/admin/cache/rate-limits/reset': nothing,
  'POST /v1/webhooks': nothing,
  'PATCH /v1/webhooks/{id}': nothing,
  'DELETE /v1/webhooks/{id}': nothing,
  'POST /v1/webhooks/{id}/rotate': nothing,
  'POST /v1/webhooks/{id}/test': nothing,
  'POST /v1/webhooks/{id}/deliveries/{delivery}/redeliver': nothing,
  'POST /v1/jobs/{id}/retry': nothing,
  'POST /v1/jobs/{id}/cancel': nothing,
  // Each tool is one of the routes above.
  'POST /mcp': nothing,
};

/** Every job. */
export const JOBS: Readonly<Record<string, Writer>> = {
  'session-sweep': {
    changes: ['sessions', 'handovers', 'search index'],
    fires: [...session, ...handover, 'search'],
  },
  'context-retention': { changes: ['contexts', 'search index'], fires: version, mayFire: ['removals'] },
  'context-embedding': {
    changes: ['vectors'],
    fires: ['context', 'label', 'embeddings', 'any-context', 'search'],
    provedBy: 'test/e2e/background-changes.e2e-spec.ts',
  },
  'context-conflicts': {
    changes: ['conflicts', 'contexts', 'search index', 'always-check contexts'],
    fires: [...version, 'conflicts'],
    mayFire: ['always-check'],
    provedBy: 'test/e2e/validity/conflicts.e2e-spec.ts',
  },
  'embedding-backfill': {
    changes: ['vectors'],
    fires: ['context', 'label', 'embeddings', 'any-context', 'search'],
    provedBy: 'test/e2e/background-changes.e2e-spec.ts',
  },
  'search-reindex': {
    changes: ['search index'],
    fires: ['search'],
    provedBy: 'libs/search/src/search.service.int-spec.ts',
  },
  'search-changes-expiry': nothing,
  'agent-state-expiry': {
    changes: ['agent states'],
    fires: agentState,
    provedBy: 'libs/agent-state/src/agent-state.int-spec.ts',
  },
  'cache-warming': nothing,
  'user-erasure': {
    changes: [
      'conversations',
      'conversation count',
      'messages',
      'agent states',
      'checkpoints',
      'contexts',
      'search index',
    ],
    fires: ['removals', 'token-subject'],
    mayFire: [...conversation, 'project-contents', 'search'],
    provedBy: 'test/e2e/users/erasure.e2e-spec.ts',
  },
  'idempotency-expiry': nothing,
  'webhook-events': nothing,
  'webhook-cleanup': nothing,
  'queue-maintenance': nothing,
};

/** Every command: what it writes itself, or the routes of the running server that it calls. */
export const COMMANDS: Readonly<Record<string, Writer | { readonly calls: readonly string[] }>> = {
  keys: { changes: ['keys'], fires: ['credential'], mayFire: ['workspace'] },
  // Its server and its worker write by routes, jobs and what START and TIME say.
  serve: nothing,
  worker: nothing,
  // Servers that run beside it do not go on by what it takes back.
  migrate: nothing,
  mcp: { calls: ['POST /mcp'] },
  cache: {
    calls: [
      'POST /v1/admin/cache/invalidations',
      'POST /v1/admin/cache/warm',
      'POST /v1/admin/cache/test',
      'PATCH /v1/admin/cache/families/{name}',
    ],
  },
  settings: { calls: ['PATCH /v1/settings'] },
  limits: { calls: ['POST /v1/admin/cache/rate-limits/reset'] },
  export: nothing,
  import: { calls: ['POST /v1/projects/{project}/import'] },
  'import-transcript': { calls: ['POST /v1/projects/{project}/transcripts'] },
  forget: { calls: ['POST /v1/contexts/{id}/forget', 'POST /v1/projects/{project}/contexts/{label}/forget'] },
  tombstones: { calls: ['DELETE /v1/projects/{project}/tombstones/{id}'] },
  users: { calls: ['DELETE /v1/users/{user}'] },
  bench: { calls: ['POST /v1/contexts', 'DELETE /v1/projects/{project}'] },
  doctor: nothing,
};

/** What the start of a process writes. */
export const START: Readonly<Record<string, Writer>> = {
  'the key of KEEPSAKE_BOOTSTRAP_KEY': { changes: ['keys'], fires: ['credential'], mayFire: ['workspace'] },
  'the workspace default': {
    changes: ['workspaces'],
    fires: ['workspace'],
    provedBy: 'libs/auth/src/auth.int-spec.ts',
  },
  'another embedding provider': {
    // Nothing that is cached: the provider is part of the keys of what shows it.
    changes: [],
    fires: [],
    provedBy: 'test/e2e/background-changes.e2e-spec.ts',
  },
};

/** What is written, or changes, while nobody asks for it. */
export const TIME: Readonly<Record<string, Writer>> = {
  'reads are counted': { changes: ['accesses'], fires: ['context-usage'] },
  // States are computed from times at each read; lists by state are not cached.
  'a session becomes idle or expires': nothing,
  // No entry outlives the state, and each read compares its expiry with the time.
  'an agent state expires': nothing,
  // No entry outlives its credential.
  'a key or a token expires': nothing,
};

/** Reads that may fall though nothing that they show has changed, and why. */
export const FALLS_WITHOUT_CHANGE: readonly { readonly tag: TagName; readonly because: string }[] = [
  { tag: 'removals', because: 'a deletion or an import does not list what hung on what it took or brought' },
  {
    tag: 'project',
    because: 'an import makes the project that is looked up first, and does not say whether it was there',
  },
  { tag: 'any-context', because: 'an id alone does not say the label whose versions are shown' },
  { tag: 'any-handover', because: 'the list spans all projects' },
  { tag: 'project-contents', because: 'one tag for all counts of a project' },
  { tag: 'handovers', because: 'the wake-up holds the latest handover beside what is always to be checked' },
  { tag: 'conversation', because: 'one tag for a conversation and its messages' },
  { tag: 'session', because: 'a log is read after its session, which says that it is there' },
];
