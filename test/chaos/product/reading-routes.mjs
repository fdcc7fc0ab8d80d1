// @ts-check

/** Tools of MCP that read, by the route that they call. */
export const READING_TOOLS = {
  'GET /v1/settings': 'settings_get',
  'GET /v1/projects': 'project_list',
  'GET /v1/projects/{project}': 'project_get',
  'GET /v1/projects/{project}/overview': 'project_overview',
  'GET /v1/projects/{project}/contexts/{label}': 'context_get_by_label',
  'GET /v1/contexts': 'context_list',
  'GET /v1/contexts/{id}': 'context_get',
  'GET /v1/contexts/{id}/versions': 'context_versions',
  'GET /v1/contexts/{id}/preview': 'context_preview',
  'GET /v1/contexts/{id}/diff': 'context_diff',
  'GET /v1/conflicts': 'conflict_list',
  'GET /v1/projects/{project}/tombstones': 'tombstone_list',
  'GET /v1/projects/{project}/settings': 'project_settings_get',
  'POST /v1/contexts/recall': 'context_recall',
  'POST /v1/contexts/check': 'context_check',
  'GET /v1/search': 'search',
  'GET /v1/sessions': 'session_list',
  'GET /v1/sessions/{id}': 'session_get',
  'GET /v1/sessions/{id}/entries': 'session_entries',
  'GET /v1/handovers': 'handover_list',
  'GET /v1/handovers/latest': 'handover_latest',
  'GET /v1/handovers/{id}': 'handover_get',
  'GET /v1/handovers/preview': 'handover_preview',
  'GET /v1/conversations': 'conversation_list',
  'GET /v1/conversations/{id}': 'conversation_get',
  'GET /v1/conversations/{id}/messages': 'conversation_messages',
  'GET /v1/conversations/{id}/messages/{message}': 'conversation_message',
  'GET /v1/conversations/{id}/window': 'conversation_window',
  'GET /v1/agents': 'agent_list',
  'GET /v1/agents/{agent}/state': 'agent_state_get',
  'GET /v1/agents/{agent}/checkpoints': 'agent_checkpoint_list',
  'GET /v1/agents/{agent}/checkpoints/{id}': 'agent_checkpoint_get',
  'GET /v1/feedback': 'feedback_list',
  'GET /v1/relevance': 'relevance_rank',
  'GET /v1/users/{user}/profile': 'profile_get',
  'GET /v1/users/{user}/profile/history': 'profile_history',
  'GET /v1/retention': 'retention_list',
  'GET /v1/retention/{project}': 'retention_get',
  'POST /v1/embeddings': 'embed',
};

/** Tools that are such a route by another name. */
export const OTHER_READING_TOOLS = ['recall'];

/** Every route that is read. */
export const ROUTES_THAT_READ = [...Object.keys(READING_TOOLS), 'GET /v1/keys', 'GET /v1/projects/{project}/export'];

/** Those that never say that they were a hit, whatever they find in the cache. */
const SILENT_ROUTES = new Set([
  'GET /v1/sessions',
  'GET /v1/conversations',
  'GET /v1/keys',
  'GET /v1/projects/{project}/settings',
  'GET /v1/retention',
  'GET /v1/retention/{project}',
  'GET /v1/handovers/preview',
  'GET /v1/projects/{project}/export',
  'POST /v1/contexts/recall',
  'POST /v1/contexts/check',
  'POST /v1/embeddings',
]);

/** @param {import('./readings.mjs').Reading} reading */
export function isSilent({ route }) {
  return SILENT_ROUTES.has(route);
}
