import type { ObjectSchema } from '../../routes/json-schema.js';
import { describing, MERGE_PATCH } from '../strict-schema.js';
import type { ToolDefinition } from '../tool.js';

export const contextTools: readonly ToolDefinition[] = [
  {
    name: 'context_store',
    title: 'Store a text',
    description:
      'Keep a text under a label, for good; without a label under its title. A new text under a known label becomes its next version; the same text again changes nothing.',
    route: 'POST /v1/contexts',
    effect: 'adds',
    idempotent: true,
    core: true,
    omits: ['/content', '/metadata'],
  },
  {
    name: 'context_get',
    title: 'Read a context',
    description: 'The text of a context, by its id; a long one in parts, by offset and length.',
    route: 'GET /v1/contexts/:id',
    effect: 'reads',
    core: true,
    recalls: true,
    pages: 'content',
  },
  {
    name: 'context_recall',
    title: 'Recall contexts',
    description: 'Several contexts at once, by labels or by ids; `previewOnly` for extracts.',
    route: 'POST /v1/contexts/recall',
    effect: 'reads',
    core: true,
    // Ids are of any project.
    fillsProject: ({ ids }) => ids === undefined,
    // As long as one text is at most: a model is shown less.
    sends: { mostContentBytes: 1024 * 1024 },
    recalls: true,
    readOn: 'Read a text from where it ends here with context_get: its id, and offset.',
  },
  {
    name: 'context_check',
    title: 'Check a plan',
    description:
      'What to heed before doing something: relevant contexts, the rules they state, and which of them the text breaks.',
    route: 'POST /v1/contexts/check',
    effect: 'reads',
    core: true,
    recalls: true,
  },
  {
    name: 'context_get_by_label',
    title: 'Read a context by its label',
    description: 'The newest version of a label, or the version named; a long one in parts, by offset and length.',
    route: 'GET /v1/projects/:project/contexts/:label',
    effect: 'reads',
    fillsProject: () => true,
    recalls: true,
    pages: 'content',
  },
  {
    name: 'context_delete_by_label',
    title: 'Delete a label',
    description: 'Delete every version of a label for good, archived ones included.',
    route: 'DELETE /v1/projects/:project/contexts/:label',
    effect: 'removes',
    fillsProject: () => true,
  },
  {
    name: 'conflict_list',
    title: 'List conflicts',
    description: 'Pairs of contexts of which the newer one seems to take the place of the older one, to be decided.',
    route: 'GET /v1/conflicts',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'conflict_resolve',
    title: 'Decide a conflict',
    description: 'Say which of two contexts stays valid: the old one, the new one, both, or none, which deletes both.',
    route: 'POST /v1/conflicts/:id/resolve',
    effect: 'removes',
    idempotent: true,
  },
  {
    name: 'context_list',
    title: 'List contexts',
    description: 'Contexts of a project, newest first, without their texts.',
    route: 'GET /v1/contexts',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'context_update',
    title: 'Change a context',
    description: 'Set tags, priority or metadata; the text stays, and so does the version.',
    route: 'PATCH /v1/contexts/:id',
    effect: 'changes',
    idempotent: true,
    refine: describing({ priority: 'Absent: stays.', metadata: MERGE_PATCH }),
  },
  {
    name: 'context_archive',
    title: 'Archive a context',
    description: 'Take a version out of reads and searches, or with `allVersions` the whole label. Can be restored.',
    route: 'POST /v1/contexts/:id/archive',
    effect: 'removes',
    idempotent: true,
  },
  {
    name: 'context_restore',
    title: 'Restore a context',
    description: 'Take an archiving back.',
    route: 'POST /v1/contexts/:id/restore',
    effect: 'changes',
    idempotent: true,
  },
  {
    name: 'context_versions',
    title: 'List the versions of a context',
    description: 'Every version of the label of a context, newest first, archived ones included.',
    route: 'GET /v1/contexts/:id/versions',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'context_diff',
    title: 'Compare versions',
    description: 'What changed between two versions of a label, as a unified diff.',
    route: 'GET /v1/contexts/:id/diff',
    effect: 'reads',
    recalls: true,
    readOn: 'Compare versions that are nearer to each other, or read both with context_get.',
  },
  {
    name: 'context_preview',
    title: 'Preview a context',
    description: 'A short extract of a context and its key concepts.',
    route: 'GET /v1/contexts/:id/preview',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'context_store_batch',
    title: 'Remember several texts',
    description: 'Keep several texts: all or none, or with `atomic: false` each that can be kept.',
    route: 'POST /v1/contexts/batch',
    effect: 'adds',
    idempotent: true,
    refine: (input, inputOf) => withItems(input, inputOf('POST /v1/contexts')),
    omits: ['/items/*/context/content', '/items/*/context/metadata'],
  },
  {
    name: 'document_ingest',
    title: 'Keep a document',
    description: 'Cut a document (text, Markdown, HTML; PDF as base64) into contexts, in place of its earlier parts.',
    route: 'POST /v1/contexts/ingest',
    effect: 'changes',
    idempotent: true,
  },
];

/** Items are checked one by one, so the route's own schema says nothing of them. */
function withItems(input: ObjectSchema, { properties, required, ...rest }: ObjectSchema): ObjectSchema {
  const { project: _, ...fields } = properties;
  return {
    ...input,
    properties: {
      ...input.properties,
      items: { ...input.properties['items'], items: { ...rest, properties: fields, required } },
    },
  };
}
