import { projectFile } from '#test/support/project-file.js';
import type { PopulatedWorkspace } from './populated-workspace.js';

/** A valid call of a route on the things of a workspace. */
export interface RouteSample {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  /** A text is sent as it is. */
  readonly body?: Readonly<Record<string, unknown>> | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One valid call for every route of the API. A route that is missing here fails the walks: whoever adds a route adds
 * its line.
 */
export function sampleOf(route: string, { ids, project }: PopulatedWorkspace): RouteSample | undefined {
  const samples: Record<string, RouteSample> = {
    'GET /health': {},
    'GET /v1/workspaces': {},
    'POST /v1/workspaces': { body: { slug: 'another' } },
    'GET /v1/keys': {},
    'POST /v1/keys': { body: { name: 'k', scopes: ['memory:read'] } },
    'GET /v1/keys/{id}': { path: { id: ids.key } },
    'POST /v1/keys/{id}/rotate': { path: { id: ids.key } },
    'PATCH /v1/keys/{id}': { path: { id: ids.key }, body: { name: 'renamed' } },
    'POST /v1/auth/logout': {},
    'POST /v1/auth/revocations': { body: { subject: 'somebody' } },
    'DELETE /v1/keys/{id}': { path: { id: ids.key } },
    'POST /v1/sessions': { body: { project, client: 'c' } },
    'GET /v1/sessions': { query: { project } },
    'GET /v1/sessions/{id}': { path: { id: ids.session } },
    'PATCH /v1/sessions/{id}': { path: { id: ids.session }, body: { summary: 's' } },
    'POST /v1/sessions/{id}/heartbeat': { path: { id: ids.session } },
    'POST /v1/sessions/{id}/entries': { path: { id: ids.session }, body: { kind: 'todo', text: 'x' } },
    'GET /v1/sessions/{id}/entries': { path: { id: ids.session } },
    'POST /v1/sessions/{id}/end': { path: { id: ids.session }, body: { summary: 's' } },
    'POST /v1/contexts': { body: { project, label: 'l', content: 'some text' } },
    'GET /v1/contexts': { query: { project } },
    'GET /v1/contexts/{id}': { path: { id: ids.context } },
    'PATCH /v1/contexts/{id}': { path: { id: ids.context }, body: { tags: ['x'] } },
    'POST /v1/contexts/{id}/archive': { path: { id: ids.context }, body: { reason: 'old', force: true } },
    'POST /v1/contexts/{id}/restore': { path: { id: ids.context } },
    'GET /v1/contexts/{id}/versions': { path: { id: ids.context } },
    'GET /v1/contexts/{id}/diff': { path: { id: ids.context }, query: { from: 1, to: 1 } },
    'GET /v1/contexts/{id}/preview': { path: { id: ids.context } },
    'POST /v1/contexts/batch': { body: { project, items: [{ label: 'b', content: 'text of b' }] } },
    'POST /v1/contexts/ingest': { body: { project, label: 'document', content: '# A document\n\nSome text.' } },
    'POST /v1/contexts/check': { body: { project, text: 'I turn the lighthouse off.' } },
    'POST /v1/contexts/recall': { body: { project, labels: [ids.label] } },
    'GET /v1/projects': {},
    'GET /v1/projects/{project}': { path: { project } },
    'DELETE /v1/projects/{project}': { path: { project }, query: { confirm: project } },
    'GET /v1/projects/{project}/overview': { path: { project } },
    'GET /v1/projects/{project}/contexts/{label}': { path: { project, label: ids.label } },
    'GET /v1/projects/{project}/export': { path: { project } },
    'POST /v1/projects/{project}/import': {
      path: { project },
      query: { dryRun: true },
      body: projectFile(project, []),
      headers: { 'content-type': 'application/x-ndjson' },
    },
    'POST /v1/conversations': { body: { project, title: 'another' } },
    'GET /v1/conversations': { query: { project } },
    'GET /v1/conversations/{id}': { path: { id: ids.conversation } },
    'PATCH /v1/conversations/{id}': { path: { id: ids.conversation }, body: { title: 'changed' } },
    'POST /v1/conversations/{id}/archive': { path: { id: ids.conversation } },
    'POST /v1/conversations/{id}/restore': { path: { id: ids.conversation } },
    'DELETE /v1/conversations/{id}': { path: { id: ids.conversation } },
    'POST /v1/conversations/{id}/messages': {
      path: { id: ids.conversation },
      body: { messages: [{ role: 'user', content: 'x' }] },
    },
    'GET /v1/conversations/{id}/messages': { path: { id: ids.conversation } },
    'DELETE /v1/conversations/{id}/messages': { path: { id: ids.conversation } },
    'GET /v1/conversations/{id}/messages/{message}': { path: { id: ids.conversation, message: ids.message } },
    'PATCH /v1/conversations/{id}/messages/{message}': {
      path: { id: ids.conversation, message: ids.message },
      body: { content: 'x' },
    },
    'DELETE /v1/conversations/{id}/messages/{message}': { path: { id: ids.conversation, message: ids.message } },
    'GET /v1/conversations/{id}/window': { path: { id: ids.conversation }, query: { maxMessages: 5 } },
    'GET /v1/search': { query: { project, q: 'lighthouse' } },
    'POST /v1/embeddings': { body: { input: 'some text' } },
    'GET /v1/models': {},
    'GET /v1/models/{model}': { path: { model: 'any/model' } },
    'GET /v1/usage': {},
    'GET /v1/handovers': { query: { project } },
    'POST /v1/handovers': { body: { project } },
    'GET /v1/handovers/latest': { query: { project } },
    'GET /v1/handovers/preview': { query: { sessionId: ids.session } },
    'GET /v1/handovers/{id}': { path: { id: ids.handover } },
    'POST /v1/handovers/{id}/acknowledge': { path: { id: ids.handover } },
    'POST /mcp': { body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } },
    'GET /v1/retention': {},
    'GET /v1/retention/{project}': { path: { project } },
    'PUT /v1/retention/{project}': { path: { project }, body: { archiveAfterDays: 30 } },
    'POST /v1/retention/{project}/run': { path: { project }, body: { dryRun: true } },
    'GET /v1/admin/cache/health': {},
    'GET /v1/admin/cache/stats': {},
    'GET /v1/admin/cache/families': {},
    'GET /v1/admin/cache/families/{name}': { path: { name: 'context' } },
    'PATCH /v1/admin/cache/families/{name}': { path: { name: 'context' }, body: { ttlMs: 60_000, reason: 'a test' } },
    'GET /v1/admin/cache/keys': { query: { family: 'context' } },
    'GET /v1/admin/cache/entries/{key}': { path: { key: 'ks:v:context@1:x:id:x' } },
    'POST /v1/admin/cache/invalidations': { body: { project, reason: 'a test' } },
    'POST /v1/admin/cache/warm': { body: { project } },
    'POST /v1/admin/cache/test': {},
    'GET /v1/admin/cache/advice': {},
    'GET /v1/admin/cache/rate-limits': { query: { principal: 'key:x' } },
    'POST /v1/admin/cache/rate-limits/reset': { body: { principal: 'key:x', reason: 'a test' } },
    'GET /v1/admin/audit': {},
    'GET /metrics': {},
    'GET /metrics/cache': {},
    'GET /v1/jobs': {},
    'GET /v1/jobs/stats': {},
    'GET /v1/jobs/{id}': { path: { id: ids.job } },
    'POST /v1/jobs/{id}/retry': { path: { id: ids.job } },
    'POST /v1/jobs/{id}/cancel': { path: { id: ids.job } },
  };
  return samples[route];
}
