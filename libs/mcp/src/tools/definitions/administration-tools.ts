import type { ToolDefinition } from '../tool.js';

/** What agents that look after a workspace need; most of it asks for the scope `admin`. */
export const administrationTools: readonly ToolDefinition[] = [
  {
    name: 'usage_get',
    title: 'See what embedding costs',
    description: 'Calls, tokens and cost of embedding, and what the cache has saved.',
    route: 'GET /v1/usage',
    effect: 'reads',
  },
  {
    name: 'retention_list',
    title: 'List retention policies',
    description: 'After how many days contexts of each project are archived and purged.',
    route: 'GET /v1/retention',
    effect: 'reads',
  },
  {
    name: 'retention_get',
    title: 'Read a retention policy',
    description: 'The retention policy of a project; it keeps everything where none was set.',
    route: 'GET /v1/retention/:project',
    effect: 'reads',
    fillsProject: () => true,
  },
  {
    name: 'retention_set',
    title: 'Set a retention policy',
    description: 'After how many days contexts of a project are archived and purged.',
    route: 'PUT /v1/retention/:project',
    effect: 'changes',
    idempotent: true,
  },
  {
    name: 'retention_run',
    title: 'Apply a retention policy',
    description: 'Archive and purge what is due, or with `dryRun` show what would be done.',
    route: 'POST /v1/retention/:project/run',
    effect: 'removes',
    idempotent: true,
  },
  {
    name: 'job_list',
    title: 'List jobs',
    description: 'Background jobs, newest first.',
    route: 'GET /v1/jobs',
    effect: 'reads',
  },
  {
    name: 'job_stats',
    title: 'Count jobs',
    description: 'Background jobs by name and state.',
    route: 'GET /v1/jobs/stats',
    effect: 'reads',
  },
  {
    name: 'job_get',
    title: 'Look at a job',
    description: 'State, attempts and error of a background job.',
    route: 'GET /v1/jobs/:id',
    effect: 'reads',
  },
  {
    name: 'job_retry',
    title: 'Retry a job',
    description: 'Run a failed or cancelled background job again.',
    route: 'POST /v1/jobs/:id/retry',
    effect: 'changes',
  },
  {
    name: 'job_cancel',
    title: 'Cancel a job',
    description: 'Cancel a background job that is not finished.',
    route: 'POST /v1/jobs/:id/cancel',
    effect: 'removes',
    idempotent: true,
  },
];
