/**
 * What is cached, what it shows, and who changes what: the whole of it, in one place. Whoever adds a cached route, a family, a
 * writing route, a job or a command adds its row here; without it, or with a writer that does not fire the tags of what
 * shows what it changes, the tests fail (`test/architecture/cache-dependencies.spec.ts` reads the table,
 * `test/e2e/cache-dependencies.e2e-spec.ts` does what it says).
 */

/** What is stored, by the name that the rows below use, with the tables and columns it lives in. */
const FACTS = {
  projects: 'projects',
  sessions: 'sessions, activity included',
  'session count': 'sessions: how many a project has',
  entries: 'session_entries',
  todos: 'session_entries of kind todo, and what settles them',
  contexts: 'contexts, context_labels: texts, tags, priority, metadata, archiving',
  'always-check contexts': 'contexts of priority always_check that are the newest of their label',
  conflicts: 'context_conflicts',
  tombstones: 'forgotten_texts that are rejected',
  accesses: 'context_usage',
  vectors: 'context_vectors: whether a version is embedded',
  handovers: 'handovers',
  conversations: 'conversations: what is said of them, and how many messages they hold',
  'conversation count': 'conversations: how many a project has',
  messages: 'messages',
  'agent states': 'agent_states',
  checkpoints: 'agent_checkpoints',
  feedback: 'feedback',
  profiles: 'user_profiles, user_profile_changes',
  'search index': 'search_documents, search_postings, search_words',
  keys: 'api_keys',
  'token revocations': 'token_revocations',
  workspaces: 'workspaces',
  settings: 'workspace_settings',
} as const;

export type Fact = keyof typeof FACTS;

/** Each tag, and how much falls with it: one thing, what is read of one project, of a workspace, or of all. */
export const TAGS = {
  project: 'project',
  projects: 'workspace',
  'project-contents': 'project',
  removals: 'workspace',
  session: 'one',
  sessions: 'workspace',
  'session-log': 'one',
  todos: 'project',
  context: 'one',
  label: 'one',
  contexts: 'project',
  conflicts: 'project',
  tombstones: 'project',
  embeddings: 'project',
  'any-context': 'workspace',
  'always-check': 'project',
  'context-usage': 'workspace',
  handover: 'one',
  handovers: 'project',
  'any-handover': 'workspace',
  conversation: 'one',
  conversations: 'project',
  'any-conversation': 'workspace',
  'agent-state': 'one',
  agents: 'project',
  checkpoints: 'one',
  profile: 'one',
  feedback: 'project',
  search: 'project',
  credential: 'one',
  'token-subject': 'all',
  workspace: 'one',
  settings: 'workspace',
} as const;

export type TagName = keyof typeof TAGS;

export interface CachedThing {
  readonly shows: readonly Fact[];
  /** One of them at least is fired by whatever changes what is shown. */
  readonly tags: readonly TagName[];
  /** What it shows that changes by time alone: seen as late as it lives. */
  readonly byTime?: string;
}

/** Every family. `of` is for those whose tags differ from entry to entry: each kind of entry has its row. */
export const FAMILIES: Readonly<Record<string, CachedThing | Readonly<Record<string, CachedThing>> | 'immutable'>> = {
  principal: { shows: ['keys', 'token revocations'], tags: ['credential', 'token-subject'] },
  workspace: { shows: ['workspaces'], tags: ['workspace'] },
  settings: { shows: ['settings'], tags: ['settings'] },
  project: { shows: ['projects'], tags: ['project', 'removals'] },
  session: { shows: ['sessions'], tags: ['session', 'removals'] },
  context: {
    id: { shows: ['contexts'], tags: ['context', 'removals'] },
    label: { shows: ['contexts'], tags: ['label', 'removals'] },
  },
  'context-summary': {
    id: { shows: ['contexts'], tags: ['context', 'removals'] },
    label: { shows: ['contexts'], tags: ['label', 'removals'] },
  },
  'embedding-state': { shows: ['vectors'], tags: ['context', 'removals'] },
  preview: 'immutable',
  embedding: 'immutable',
  rerank: 'immutable',
  handover: {
    id: { shows: ['handovers'], tags: ['handover', 'removals'] },
    latest: { shows: ['handovers'], tags: ['handovers', 'removals'] },
  },
  conversation: { shows: ['conversations', 'messages'], tags: ['conversation', 'removals'] },
  'agent-state': { shows: ['agent states'], tags: ['agent-state', 'removals'] },
  profile: { shows: ['profiles'], tags: ['profile', 'removals'] },
  relevance: {
    shows: ['contexts', 'vectors', 'feedback'],
    tags: ['contexts', 'embeddings', 'feedback', 'removals'],
    byTime: 'how recent a context is, and how often it was read',
  },
  'wake-up': {
    shows: ['handovers', 'always-check contexts'],
    tags: ['handovers', 'always-check', 'removals'],
  },
  query: {
    projects: { shows: ['projects'], tags: ['projects', 'removals'] },
    'project-survey': {
      shows: [
        'projects',
        'session count',
        'todos',
        'contexts',
        'handovers',
        'conversation count',
        'agent states',
        'checkpoints',
      ],
      tags: ['project', 'project-contents', 'removals'],
      byTime: 'a state that has expired is counted until its row is removed, within a minute',
    },
    conversation: { shows: ['conversations'], tags: ['conversation', 'removals'] },
    message: { shows: ['messages'], tags: ['conversation', 'removals'] },
    messages: { shows: ['messages'], tags: ['conversation', 'removals'] },
    conversations: { shows: ['conversations', 'conversation count'], tags: ['conversations', 'removals'] },
    'embedding-coverage': { shows: ['contexts', 'vectors'], tags: ['contexts', 'embeddings', 'removals'] },
    // Nothing of it ever changes.
    'hit-source': { shows: [], tags: ['removals'] },
    'hit-text': { shows: [], tags: ['removals'] },
    'message-text': { shows: ['messages'], tags: ['conversation', 'removals'] },
    'message-neighbours': { shows: ['messages'], tags: ['conversation', 'removals'] },
    'entry-neighbours': { shows: ['entries'], tags: ['session-log', 'removals'] },
    'conversations of all projects': {
      shows: ['conversations', 'conversation count'],
      tags: ['any-conversation', 'removals'],
    },
    sessions: { shows: ['sessions', 'session count'], tags: ['sessions', 'removals'] },
    'session-entries': { shows: ['entries', 'todos'], tags: ['session-log', 'removals'] },
    'open-todos': { shows: ['todos'], tags: ['todos', 'removals'] },
    contexts: { shows: ['contexts'], tags: ['contexts', 'removals'] },
    conflicts: { shows: ['conflicts', 'contexts'], tags: ['conflicts', 'contexts', 'removals'] },
    tombstones: { shows: ['tombstones'], tags: ['tombstones', 'removals'] },
    'rejects-texts': { shows: ['tombstones'], tags: ['tombstones', 'removals'] },
    'context-versions': { shows: ['contexts'], tags: ['label', 'removals'] },
    'label-count': { shows: ['contexts'], tags: ['contexts', 'removals'] },
    overview: {
      shows: ['contexts', 'accesses'],
      tags: ['contexts', 'context-usage', 'removals'],
      byTime: 'what has not been read for so many days',
    },
    handovers: { shows: ['handovers'], tags: ['handovers', 'removals'] },
    'handovers of all projects': { shows: ['handovers'], tags: ['any-handover', 'removals'] },
    agents: { shows: ['agent states'], tags: ['agents', 'removals'] },
    'agent-checkpoints': { shows: ['checkpoints'], tags: ['checkpoints', 'removals'] },
    'agent-checkpoint': { shows: ['checkpoints'], tags: ['checkpoints', 'removals'] },
    feedback: { shows: ['feedback'], tags: ['feedback', 'removals'] },
    'profile-changes': { shows: ['profiles'], tags: ['profile', 'removals'] },
    'handover-count': { shows: ['handovers'], tags: ['handovers', 'removals'] },
  },
  search: { shows: ['search index'], tags: ['search', 'removals'], byTime: 'how recent what is found is' },
  // What pieces change is merged when it is read.
  'search-base': {
    shows: ['projects'],
    tags: ['project', 'removals'],
    byTime: 'the statistics that a search ranks by',
  },
  // Its entries are the answers of the routes below.
  http: {},
};

/** A route whose answer comes from the cache: `shows` and `tags` of the outermost of what it is kept in. */
interface CachedRoute extends CachedThing {
  /** Whether the bytes of the answer are kept, or only what it is made of. */
  readonly keeps: 'answer' | 'parts';
  /** The families behind it. */
  readonly families: readonly string[];
}

const context = ['contexts', 'vectors'] as const;

/** Every route that reads through the cache. */
export const CACHED_ROUTES: Readonly<Record<string, CachedRoute>> = {
  'GET /v1/sessions': {
    keeps: 'parts',
    families: ['query', 'project'],
    shows: ['sessions', 'session count', 'projects'],
    tags: ['sessions', 'project', 'removals'],
  },
  'GET /v1/sessions/{id}': {
    keeps: 'parts',
    families: ['session'],
    shows: ['sessions'],
    tags: ['session', 'removals'],
  },
  'GET /v1/sessions/{id}/entries': {
    keeps: 'parts',
    families: ['query', 'session'],
    shows: ['entries', 'todos'],
    tags: ['session-log', 'session', 'removals'],
  },
  'GET /v1/settings': {
    keeps: 'parts',
    families: ['settings'],
    shows: ['settings'],
    tags: ['settings'],
  },
  'GET /v1/contexts': {
    keeps: 'answer',
    families: ['query', 'project', 'embedding-state'],
    shows: context,
    tags: ['contexts', 'embeddings', 'removals'],
  },
  'GET /v1/contexts/{id}': {
    keeps: 'answer',
    families: ['context', 'embedding-state'],
    shows: context,
    tags: ['context', 'removals'],
  },
  'GET /v1/contexts/{id}/versions': {
    keeps: 'answer',
    families: ['query', 'context-summary', 'embedding-state'],
    shows: context,
    tags: ['any-context', 'removals'],
  },
  'GET /v1/contexts/{id}/diff': {
    keeps: 'answer',
    families: ['context-summary', 'context'],
    shows: ['contexts'],
    tags: ['context', 'removals'],
  },
  'GET /v1/contexts/{id}/preview': {
    keeps: 'answer',
    families: ['context-summary', 'preview'],
    shows: ['contexts'],
    tags: ['context', 'removals'],
  },
  'GET /v1/projects/{project}/contexts/{label}': {
    keeps: 'answer',
    families: ['context', 'embedding-state'],
    shows: context,
    tags: ['label', 'removals'],
  },
  'GET /v1/conflicts': {
    keeps: 'answer',
    families: ['query', 'project'],
    shows: ['conflicts', 'contexts'],
    tags: ['conflicts', 'contexts', 'removals'],
  },
  'GET /v1/projects/{project}/tombstones': {
    keeps: 'answer',
    families: ['query', 'project'],
    shows: ['tombstones'],
    tags: ['tombstones', 'project', 'removals'],
  },
  'POST /v1/contexts/recall': {
    keeps: 'parts',
    families: ['context-summary', 'context', 'embedding-state'],
    shows: context,
    tags: ['context', 'label', 'removals'],
  },
  'POST /v1/contexts/check': {
    keeps: 'parts',
    families: ['query', 'project', 'search', 'search-base', 'context', 'context-summary', 'embedding-state'],
    shows: ['contexts', 'search index'],
    tags: ['contexts', 'context', 'search', 'project', 'removals'],
  },
  'GET /v1/projects': {
    keeps: 'answer',
    families: ['query'],
    shows: ['projects'],
    tags: ['projects', 'removals'],
  },
  'GET /v1/projects/{project}': {
    keeps: 'answer',
    families: ['query'],
    shows: [
      'projects',
      'session count',
      'todos',
      'contexts',
      'handovers',
      'conversation count',
      'agent states',
      'checkpoints',
    ],
    tags: ['project', 'project-contents', 'removals'],
    byTime: 'a state that has expired is counted until its row is removed, within a minute',
  },
  'GET /v1/projects/{project}/overview': {
    keeps: 'answer',
    families: ['query', 'project'],
    shows: ['contexts', 'accesses'],
    tags: ['contexts', 'context-usage', 'removals'],
    byTime: 'what has not been read for so many days',
  },
  'GET /v1/handovers/latest': {
    keeps: 'answer',
    families: ['handover'],
    shows: ['handovers'],
    tags: ['handovers', 'removals'],
  },
  'GET /v1/handovers/{id}': {
    keeps: 'answer',
    families: ['handover'],
    shows: ['handovers'],
    tags: ['handover', 'removals'],
  },
  'GET /v1/handovers': {
    keeps: 'answer',
    families: ['query', 'project'],
    shows: ['handovers'],
    tags: ['handovers', 'any-handover', 'removals'],
  },
  'GET /v1/conversations': {
    keeps: 'parts',
    families: ['query', 'project'],
    shows: ['conversations', 'conversation count', 'projects'],
    tags: ['conversations', 'any-conversation', 'project', 'removals'],
  },
  'GET /v1/conversations/{id}': {
    keeps: 'parts',
    families: ['query'],
    shows: ['conversations'],
    tags: ['conversation', 'removals'],
  },
  'GET /v1/conversations/{id}/messages': {
    keeps: 'parts',
    families: ['query'],
    shows: ['messages'],
    tags: ['conversation', 'removals'],
  },
  'GET /v1/conversations/{id}/messages/{message}': {
    keeps: 'parts',
    families: ['query'],
    shows: ['messages'],
    tags: ['conversation', 'removals'],
  },
  'GET /v1/conversations/{id}/window': {
    keeps: 'parts',
    families: ['conversation'],
    shows: ['messages'],
    tags: ['conversation', 'removals'],
  },
  'GET /v1/agents': {
    keeps: 'parts',
    families: ['query'],
    shows: ['agent states'],
    tags: ['agents', 'removals'],
  },
  'GET /v1/agents/{agent}/state': {
    keeps: 'parts',
    families: ['agent-state'],
    shows: ['agent states'],
    tags: ['agent-state', 'removals'],
  },
  'GET /v1/agents/{agent}/checkpoints': {
    keeps: 'parts',
    families: ['query'],
    shows: ['checkpoints'],
    tags: ['checkpoints', 'removals'],
  },
  'GET /v1/agents/{agent}/checkpoints/{id}': {
    keeps: 'parts',
    families: ['query'],
    shows: ['checkpoints'],
    tags: ['checkpoints', 'removals'],
  },
  'GET /v1/users/{user}/profile': {
    keeps: 'parts',
    families: ['profile'],
    shows: ['profiles'],
    tags: ['profile', 'removals'],
  },
  'GET /v1/users/{user}/profile/history': {
    keeps: 'parts',
    families: ['query'],
    shows: ['profiles'],
    tags: ['profile', 'removals'],
  },
  'GET /v1/feedback': {
    keeps: 'parts',
    families: ['query', 'project'],
    shows: ['feedback'],
    tags: ['feedback', 'removals'],
  },
  'GET /v1/relevance': {
    keeps: 'parts',
    families: ['relevance', 'search', 'search-base', 'project'],
    shows: ['contexts', 'feedback'],
    tags: ['contexts', 'embeddings', 'feedback', 'removals'],
    byTime: 'how recent a context is, and how often it was read',
  },
  'GET /v1/search': {
    keeps: 'parts',
    families: ['search', 'search-base', 'project', 'query'],
    shows: ['search index'],
    // What is merged is made of a project's; neighbours of hits are read apart.
    tags: ['search', 'project', 'conversation', 'session-log', 'removals'],
    byTime: 'how recent what is found is',
  },
};

/** Every other GET, and why it asks the source. */
export const UNCACHED_READS: Readonly<Record<string, string>> = {
  'GET /health': 'shows the present',
  'GET /health/live': 'shows the present',
  'GET /health/ready': 'shows the present',
  'GET /metrics': 'shows the present',
  'GET /metrics/cache': 'shows the present',
  'GET /v1/workspaces': 'rare, and for operators',
  'GET /v1/keys': 'rare, and for administrators',
  'GET /v1/webhooks': 'rare, and for administrators',
  'GET /v1/webhooks/{id}': 'rare, and for administrators',
  'GET /v1/webhooks/{id}/deliveries': 'changes all the time',
  'GET /v1/webhooks/{id}/deliveries/{delivery}': 'changes all the time',
  'GET /v1/users/{user}/erasure': 'rare, and for administrators',
  'GET /v1/usage': 'counts of now',
  'GET /v1/models': 'the settings of the process',
  'GET /v1/models/{model}': 'the settings of the process',
  'GET /v1/handovers/preview': 'says what a session would leave now',
  'GET /v1/projects/{project}/export': 'a whole project, as one transaction sees it',
  'GET /v1/retention': 'rare',
  'GET /v1/retention/{project}': 'rare',
  'GET /v1/projects/{project}/settings': 'rare',
  'GET /v1/jobs': 'changes all the time',
  'GET /v1/jobs/stats': 'changes all the time',
  'GET /v1/jobs/{id}': 'changes all the time',
  'GET /v1/admin/audit': 'for administrators',
  'GET /v1/admin/cache/health': 'shows the present',
  'GET /v1/admin/cache/stats': 'shows the present',
  'GET /v1/admin/cache/families': 'shows the present',
  'GET /v1/admin/cache/keys': 'looks at the cache itself',
  'GET /v1/admin/cache/entries/{key}': 'looks at the cache itself',
  'GET /v1/admin/cache/advice': 'shows the present',
  'GET /v1/admin/cache/rate-limits': 'shows the present',
};
