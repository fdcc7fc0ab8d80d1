// @ts-check
import { createHash, randomUUID } from 'node:crypto';
import { textOf } from './context-operations.mjs';
import { ensureProject, PROJECTS, removeProject } from './workspace-state.mjs';
import { notIn, notShown } from './write.mjs';

/** More than any context here is old: a run of the policy finds nothing to do. */
const DAYS = 1_000;
const REASON = 'a schedule';
const IMPORTED_AT = '2026-01-01T00:00:00.000Z';

/** @type {readonly import('./write.mjs').Operation[]} */
export const maintenanceOperations = [
  {
    route: 'DELETE /v1/projects/{project}',
    tool: 'project_delete',
    draw({ picks }) {
      const project = String(PROJECTS[0]);
      // Whatever else was done is gone with it: not often.
      if (picks.below(3) > 0) return undefined;
      return {
        call: { method: 'DELETE', path: `/v1/projects/${project}?confirm=${project}` },
        args: { project, confirm: project },
        about: [project],
        apply(state, answer) {
          const exists = state.projects.includes(project);
          removeProject(state, project);
          return notIn(answer, exists ? [200] : [404]);
        },
      };
    },
  },
  {
    route: 'POST /v1/projects/{project}/import',
    draw({ memory, picks }) {
      const [project, token] = [String(picks.one(PROJECTS)), memory.newToken()];
      const [id, label] = [randomUUID(), `imported/${token}`];
      return {
        call: {
          method: 'POST',
          path: `/v1/projects/${project}/import`,
          headers: { 'content-type': 'application/x-ndjson' },
          body: fileOf(project, { id, label, content: textOf(memory, token) }),
        },
        about: [project, `context ${token}`],
        apply(state, answer) {
          ensureProject(state, project);
          state.contexts.push({
            token,
            project,
            label,
            version: 1,
            tags: [],
            priority: 'reference',
            isArchived: false,
            supersedes: null,
            slotFrom: null,
          });
          return notIn(answer, [200]);
        },
      };
    },
  },
  {
    route: 'PUT /v1/retention/{project}',
    tool: 'retention_set',
    draw({ picks }) {
      const project = String(picks.one(PROJECTS));
      const archiveAfterDays = DAYS + picks.below(1_000);
      return {
        call: { method: 'PUT', path: `/v1/retention/${project}`, body: { archiveAfterDays } },
        args: { project, archiveAfterDays },
        about: [project, 'retention'],
        isRepeatable: true,
        apply(state, answer) {
          ensureProject(state, project);
          state.archiveAfterDays[project] = archiveAfterDays;
          return (
            notIn(answer, [200]) ?? notShown(answer, 'the policy', (body) => body.archiveAfterDays, archiveAfterDays)
          );
        },
      };
    },
  },
  {
    route: 'PATCH /v1/projects/{project}',
    tool: 'project_settings_change',
    draw({ picks }) {
      const [project, supersede] = [String(picks.one(PROJECTS)), String(picks.one(['propose', 'apply', 'off']))];
      return {
        call: { method: 'PATCH', path: `/v1/projects/${project}`, body: { supersede } },
        args: { project, supersede },
        about: [project, 'settings'],
        isRepeatable: true,
        apply(state, answer) {
          ensureProject(state, project);
          state.supersede[project] = supersede;
          return notIn(answer, [200]) ?? notShown(answer, 'the setting', (body) => body.supersede, supersede);
        },
      };
    },
  },
  {
    route: 'PATCH /v1/settings',
    tool: 'settings_change',
    draw({ picks }) {
      const mode = String(picks.one(['off', 'report', 'mask']));
      return {
        call: { method: 'PATCH', path: '/v1/settings', body: { redaction: { mode } } },
        args: { redaction: { mode } },
        about: ['workspace settings'],
        isRepeatable: true,
        apply(state, answer) {
          state.redactionMode = mode;
          return notIn(answer, [200]) ?? notShown(answer, 'the mode', (body) => body.redaction.mode, mode);
        },
      };
    },
  },
  {
    route: 'POST /v1/conflicts/{id}/resolve',
    tool: 'conflict_resolve',
    draw({ picks }) {
      const [id, disposition] = [randomUUID(), String(picks.one(['keep_old', 'keep_new', 'keep_both']))];
      return {
        call: { method: 'POST', path: `/v1/conflicts/${id}/resolve`, body: { disposition } },
        args: { id, disposition },
        about: [],
        isRepeatable: true,
        apply: (_state, answer) => notIn(answer, [404]),
      };
    },
  },
  {
    route: 'POST /v1/retention/{project}/run',
    tool: 'retention_run',
    draw({ picks }) {
      const project = String(picks.one(PROJECTS));
      return {
        call: { method: 'POST', path: `/v1/retention/${project}/run`, body: { dryRun: false } },
        args: { project, dryRun: false },
        about: [project],
        isRepeatable: true,
        apply: (_state, answer) =>
          notIn(answer, [200]) ?? notShown(answer, 'what is due', (body) => body.archived.count, 0),
      };
    },
  },
  {
    route: 'POST /v1/admin/cache/invalidations',
    draw({ picks }) {
      const project = String(picks.one(PROJECTS));
      return {
        call: { method: 'POST', path: '/v1/admin/cache/invalidations', body: { project, reason: REASON } },
        about: [project],
        isRepeatable: true,
        apply: (_state, answer) => notIn(answer, [200, 201]),
      };
    },
  },
  {
    route: 'POST /v1/admin/cache/warm',
    draw({ picks }) {
      const project = String(picks.one(PROJECTS));
      return {
        call: { method: 'POST', path: '/v1/admin/cache/warm', body: { project } },
        about: [project],
        isRepeatable: true,
        apply: (_state, answer) => notIn(answer, [202]),
      };
    },
  },
];

/**
 * @param {string} project
 * @param {{ id: string, label: string, content: string }} context
 * @returns {Uint8Array} an exported project that holds one context
 */
function fileOf(project, context) {
  const counts = { sessions: 0, entries: 0, contexts: 1, handovers: 0 };
  const header = { type: 'header', format: 'keepsake-project', formatVersion: 1, productVersion: '0.1.0', project };
  const lines = [
    { ...header, exportedAt: IMPORTED_AT, counts },
    { type: 'project', slug: project, createdAt: IMPORTED_AT },
    {
      type: 'context',
      ...context,
      version: 1,
      tags: [],
      priority: 'reference',
      priorityDetected: false,
      sessionId: null,
      metadata: {},
      createdAt: IMPORTED_AT,
      updatedAt: IMPORTED_AT,
      archivedAt: null,
      archiveReason: null,
      revision: 1,
    },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const end = { type: 'end', counts, sha256: createHash('sha256').update(text).digest('hex') };
  return Buffer.from(`${text}${JSON.stringify(end)}\n`);
}
