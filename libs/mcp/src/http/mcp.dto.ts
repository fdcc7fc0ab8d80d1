import { z } from 'zod';
import { projectSlug } from '#project';
import { invalidRequest, issuesOf } from '#http';
import { type ResultForm, resultForms } from '../results/tool-result.js';
import { type Profile, profiles } from '../tools/tool.js';

const profile = z.enum(profiles);

const results = z.enum(resultForms);

/** The first version of the protocol that knows structured content. */
const STRUCTURED_SINCE = '2025-06-18';

/** How a connection is configured: in the address that a client is given, or by headers. */
export const connectionQuery = z.strictObject({
  profile: profile.optional().meta({ description: 'core (the default): what an agent works with. full: every tool.' }),
  project: projectSlug.optional().meta({ description: 'Taken where a call names no project.' }),
  results: results.optional().meta({
    description:
      'structured (the default): values as structured content with a short text beside them. text: values as text, for clients that read nothing else; what versions before 2025-06-18 get.',
  }),
});

const headers = {
  profile: 'x-keepsake-mcp-profile',
  project: 'x-keepsake-mcp-project',
  results: 'x-keepsake-mcp-results',
} as const;

interface ConnectionSettings {
  readonly profile: Profile;
  readonly project: string | undefined;
  readonly results: ResultForm;
}

/** The address wins. @throws DomainError `invalid-request` for a header that says something else than it may */
export function settingsOf(
  query: z.infer<typeof connectionQuery>,
  sent: Readonly<Record<string, string | string[] | undefined>>,
): ConnectionSettings {
  const byHeader = {
    profile: fromHeader(profile, headers.profile, sent),
    project: fromHeader(projectSlug, headers.project, sent),
    results: fromHeader(results, headers.results, sent),
  };
  const version = sent['mcp-protocol-version'];
  const usual = typeof version === 'string' && version < STRUCTURED_SINCE ? 'text' : 'structured';
  return {
    profile: query.profile ?? byHeader.profile ?? 'core',
    project: query.project ?? byHeader.project,
    results: query.results ?? byHeader.results ?? usual,
  };
}

function fromHeader<Value>(
  schema: z.ZodType<Value>,
  name: string,
  sent: Readonly<Record<string, string | string[] | undefined>>,
): Value | undefined {
  const value = sent[name];
  // Templates of configurations leave a header empty where there is nothing to say.
  if (value === undefined || value === '') return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidRequest(issuesOf(result.error, `/${name}`, 'header'));
}

/** A message of JSON-RPC 2.0, for the description of the API: the protocol's own schemas check what is in it. */
export const messageSchema = {
  type: 'object',
  description: 'A message of JSON-RPC 2.0; its methods are those of the Model Context Protocol.',
  required: ['jsonrpc'],
  properties: {
    jsonrpc: { type: 'string', enum: ['2.0'] },
    id: { type: ['string', 'integer', 'null'] },
    method: { type: 'string' },
    params: { type: 'object' },
    result: { type: 'object' },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'integer' }, message: { type: 'string' }, data: {} },
    },
  },
} as const;
