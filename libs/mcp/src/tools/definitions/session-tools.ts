import { describing, MERGE_PATCH } from '../strict-schema.js';
import type { ToolDefinition } from '../tool.js';

export const sessionTools: readonly ToolDefinition[] = [
  {
    name: 'session_start',
    title: 'Start a session',
    description:
      'Begin work in a project. Answers with the session id and a wake-up package: the last handover, contexts to heed always, open todos. Call it first.',
    route: 'POST /v1/sessions',
    effect: 'adds',
    core: true,
    recalls: true,
    readOn: 'Read the handover whole with handover_get, a context with context_get.',
  },
  {
    name: 'session_log',
    title: 'Log to a session',
    description:
      'Write down progress, a decision, error, todo, question or insight. It goes into the handover; `resolves` settles earlier entries.',
    route: 'POST /v1/sessions/:id/entries',
    effect: 'adds',
    core: true,
    omits: ['/text', '/metadata'],
  },
  {
    name: 'session_end',
    title: 'End a session',
    description: 'Finish the session and hand its work over to the next one. Answers with the handover.',
    route: 'POST /v1/sessions/:id/end',
    effect: 'changes',
    idempotent: true,
    core: true,
    recalls: true,
    readOn: 'Read the handover whole with handover_get, a context with context_get.',
  },
  {
    name: 'session_get',
    title: 'Read a session',
    description: 'State, summary and metadata of a session.',
    route: 'GET /v1/sessions/:id',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'session_list',
    title: 'List sessions',
    description: 'Sessions, newest first, of one project or of all.',
    route: 'GET /v1/sessions',
    effect: 'reads',
    fillsProject: () => true,
    recalls: true,
  },
  {
    name: 'session_update',
    title: 'Change a session',
    description: 'Set summary or metadata, or switch the session to another project.',
    route: 'PATCH /v1/sessions/:id',
    effect: 'changes',
    idempotent: true,
    refine: describing({ metadata: MERGE_PATCH }),
  },
  {
    name: 'session_heartbeat',
    title: 'Keep a session alive',
    description: 'Say that the session is in use, so that it is not ended for idleness.',
    route: 'POST /v1/sessions/:id/heartbeat',
    effect: 'changes',
    idempotent: true,
  },
  {
    name: 'session_entries',
    title: 'Read the log of a session',
    description: 'Entries of a session, oldest first; by kind, or only those still open.',
    route: 'GET /v1/sessions/:id/entries',
    effect: 'reads',
    recalls: true,
  },
];
