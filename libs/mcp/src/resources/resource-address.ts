import type { RestCall } from '../http/rest-api.js';
import type { AnsweredList } from '../results/ask-for-what-fits.js';

interface ResourceForm {
  readonly name: string;
  readonly title: string;
  readonly template: string;
  readonly path: string;
  readonly mimeType: 'text/markdown' | 'application/json';
  readonly description: string;
  /** Of JSON that may have no room in an answer. */
  readonly list?: AnsweredList;
  /** For the model: how what has no room is read. */
  readonly readOn?: string;
}

/** What can be read, by the form of its address (RFC 6570). The variables are those of the route's path. */
export const resourceForms: readonly ResourceForm[] = [
  {
    name: 'context',
    title: 'Context',
    template: 'keepsake://contexts/{id}',
    path: '/v1/contexts/:id',
    mimeType: 'text/markdown',
    description: 'The text of a version of a context.',
  },
  {
    name: 'context-by-label',
    title: 'Context by label',
    template: 'keepsake://projects/{project}/contexts/{label}',
    path: '/v1/projects/:project/contexts/:label',
    mimeType: 'text/markdown',
    description: 'The text of the newest version of a label.',
  },
  {
    name: 'handover',
    title: 'Handover',
    template: 'keepsake://handovers/{id}',
    path: '/v1/handovers/:id',
    mimeType: 'application/json',
    description: 'What a session left for the next one.',
    readOn: 'Read it with handover_get.',
  },
  {
    name: 'latest-handover',
    title: 'Latest handover',
    template: 'keepsake://projects/{project}/handovers/latest',
    path: '/v1/handovers/latest?project=:project',
    mimeType: 'application/json',
    description: 'What the last session of a project left for the next one.',
    readOn: 'Read it with handover_latest.',
  },
  {
    name: 'conversation',
    title: 'Conversation',
    template: 'keepsake://conversations/{id}',
    path: '/v1/conversations/:id/window',
    mimeType: 'application/json',
    description: 'The newest messages of a conversation.',
    list: { name: 'messages', argument: 'maxMessages' },
    readOn: 'Read a long message with conversation_message, and earlier ones with conversation_messages.',
  },
];

const patterns = resourceForms.map((form) => ({
  form,
  // A label may hold slashes, which not every client encodes.
  pattern: new RegExp(
    `^${form.template.replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>[^${name === 'label' ? '' : '/'}?#]+)`)}$`,
  ),
}));

/** What an address means; undefined where it is none of these. Variables are percent-encoded, as in any URI. */
export function findResource(uri: string): { readonly form: ResourceForm; readonly call: RestCall } | undefined {
  for (const { form, pattern } of patterns) {
    const groups = pattern.exec(uri)?.groups;
    if (groups === undefined) continue;
    const values = Object.entries(groups).map(([name, value]) => [name, decoded(value)] as const);
    // URL parsers resolve dots, however they are encoded: the path of another route would be left.
    if (values.some(([, value]) => value === undefined || ['.', '..'].includes(value))) return undefined;
    const byName = Object.fromEntries(values);
    const path = form.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(byName[name] ?? ''));
    return { form, call: { method: 'GET', path } };
  }
  return undefined;
}

/** Undefined for what has no form in UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return text.isWellFormed() ? decodeURIComponent(text) : undefined;
  } catch {
    return undefined;
  }
}

export function contextUri(id: string): string {
  return `keepsake://contexts/${id}`;
}

export function handoverUri(id: string): string {
  return `keepsake://handovers/${id}`;
}
