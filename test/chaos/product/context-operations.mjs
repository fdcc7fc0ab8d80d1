// @ts-check
import { deletingLabel, deletingOne } from './deleting-operations.mjs';
import { notIn, notShown } from './write.mjs';
import { DOCUMENT, ensureProject, LABELS, latestOf, PROJECTS, versionsOf } from './workspace-state.mjs';

/** @typedef {import('./workspace-state.mjs').WorkspaceState} WorkspaceState */

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {string} token
 */
export const textOf = (memory, token) => `# Note ${token}\n\nText of ${memory.marker}, ${token}.`;

/**
 * @param {WorkspaceState} state
 * @param {{ token: string, project: string, label: string, priority: 'always_check' | 'reference', supersedes?: string | null,
 *   slotFrom?: number | null }} stored
 * @returns {{ version: number, isUnchanged: boolean }}
 */
export function store(state, { token, project, label, priority, supersedes = null, slotFrom = null }) {
  ensureProject(state, project);
  const versions = versionsOf(state, project, label);
  const same = latestOf(state, project, label);
  if (same?.token === token) return { version: same.version, isUnchanged: true };
  const deleted = state.deletedVersions[`${project} ${label}`] ?? 0;
  const version = Math.max(deleted, ...versions.map((each) => each.version)) + 1;
  state.contexts.push({ token, project, label, version, tags: [], priority, isArchived: false, supersedes, slotFrom });
  return { version, isUnchanged: false };
}

const priorityOf = (/** @type {string} */ label) => (label.startsWith('rules') ? 'always_check' : 'reference');

/** @type {readonly import('./write.mjs').Operation[]} */
export const contextOperations = [
  {
    route: 'POST /v1/contexts',
    tool: 'context_store',
    draw({ memory, picks }) {
      const [project, label] = [String(picks.one(PROJECTS)), String(picks.one(LABELS))];
      const token = memory.newToken();
      const body = { project, label, content: textOf(memory, token), priority: priorityOf(label) };
      return {
        call: { method: 'POST', path: '/v1/contexts', body },
        args: body,
        about: [project, `context ${token}`],
        isRepeatable: true,
        apply(state, answer) {
          const { version, isUnchanged } = store(state, { token, project, label, priority: priorityOf(label) });
          return (
            notIn(answer, [200, 201]) ??
            notShown(answer, 'the stored version', ({ version: shown, unchanged }) => [shown, unchanged], [
              version,
              isUnchanged,
            ])
          );
        },
        learn: ({ body: { id } }) => memory.learn('context', token, id),
      };
    },
  },
  {
    route: 'POST /v1/contexts',
    tool: 'remember',
    draw({ memory, picks }) {
      const project = String(picks.one(PROJECTS));
      const token = memory.newToken();
      const content = textOf(memory, token);
      // No text has this title before: the label is the title.
      const [label, body] = [`Note ${token}`, { project, content, priority: 'reference' }];
      return {
        call: { method: 'POST', path: '/v1/contexts', body },
        args: body,
        about: [project, `context ${token}`],
        isRepeatable: true,
        apply(state, answer) {
          const { version, isUnchanged } = store(state, { token, project, label, priority: 'reference' });
          return (
            notIn(answer, [200, 201]) ??
            notShown(answer, 'the stored version', (shown) => [shown.label, shown.version, shown.unchanged], [
              label,
              version,
              isUnchanged,
            ])
          );
        },
        learn: ({ body: { id } }) => memory.learn('context', token, id),
      };
    },
  },
  {
    route: 'POST /v1/contexts/batch',
    tool: 'context_store_batch',
    draw({ memory, picks }) {
      const project = String(picks.one(PROJECTS));
      const items = picks.some(LABELS, 2).map((label) => ({ label, token: memory.newToken() }));
      const body = {
        project,
        items: items.map(({ label, token }) => ({
          label,
          content: textOf(memory, token),
          priority: priorityOf(label),
        })),
      };
      return {
        call: { method: 'POST', path: '/v1/contexts/batch', body },
        args: body,
        about: [project, ...items.map(({ token }) => `context ${token}`)],
        apply(state, answer) {
          const versions = items.map(
            ({ label, token }) => store(state, { token, project, label, priority: priorityOf(label) }).version,
          );
          return (
            notIn(answer, [201]) ??
            notShown(
              answer,
              'the stored versions',
              (shown) => shown.items.map((/** @type {any} */ { context }) => context.version),
              versions,
            )
          );
        },
        learn({ body: shown }) {
          items.forEach(({ token }, index) => memory.learn('context', token, shown.items[index]?.context?.id));
        },
      };
    },
  },
  {
    route: 'PATCH /v1/contexts/{id}',
    tool: 'context_update',
    draw({ memory, state, picks }) {
      const chosen = picks.one(state.contexts.filter(({ token }) => memory.idOf('context', token) !== undefined));
      if (chosen === undefined) return undefined;
      const { token, project } = chosen;
      const id = String(memory.idOf('context', token));
      const tags = [memory.newToken()];
      // Half of them say what state they are for, which may be long over.
      const tag = picks.below(2) === 0 ? undefined : picks.one(memory.tags.get(`GET /v1/contexts/${id}`) ?? []);
      return {
        call: {
          method: 'PATCH',
          path: `/v1/contexts/${id}`,
          body: { tags },
          ...(tag === undefined ? {} : { headers: { 'if-match': tag.tag } }),
        },
        ...(tag === undefined ? { args: { id, tags } } : {}),
        about: [project, `context ${token}`],
        apply(next, answer) {
          const found = next.contexts.find((each) => each.token === token);
          if (found === undefined) return notIn(answer, [404]);
          const isOver = tag !== undefined && tag.view !== JSON.stringify([200, viewOfContext(found)]);
          // Times and the state of the vector are part of the tag, and not of the model.
          if (tag !== undefined && answer?.status === 412) return undefined;
          if (isOver) return answer === undefined ? undefined : notIn(answer, [412]);
          found.tags = tags;
          return notIn(answer, [200]) ?? notShown(answer, 'the tags', (body) => body.tags, tags);
        },
      };
    },
  },
  archiving('archive'),
  archiving('restore'),
  deletingOne('DELETE'),
  deletingOne('POST'),
  deletingLabel('DELETE'),
  deletingLabel('POST'),
  {
    route: 'POST /v1/contexts/ingest',
    tool: 'document_ingest',
    draw({ memory, picks }) {
      const [project, token] = [String(picks.one(PROJECTS)), memory.newToken()];
      const body = { project, label: DOCUMENT, content: textOf(memory, token), priority: 'reference' };
      return {
        call: { method: 'POST', path: '/v1/contexts/ingest', body },
        args: body,
        about: [project, `context ${token}`],
        isRepeatable: true,
        apply(state, answer) {
          const { isUnchanged } = store(state, { token, project, label: `${DOCUMENT}/0001`, priority: 'reference' });
          return notIn(answer, [isUnchanged ? 200 : 201]);
        },
        learn: ({ body: { items } }) => memory.learn('context', token, items[0]?.id),
      };
    },
  },
];

/** What reads of one context show. @param {import('./workspace-state.mjs').StoredContext} context */
export function viewOfContext({ token, project, label, version, tags, priority, isArchived }) {
  return { token, project, label, version, tags, priority, isArchived };
}

/**
 * @param {'archive' | 'restore'} what
 * @returns {import('./write.mjs').Operation}
 */
function archiving(what) {
  return {
    route: `POST /v1/contexts/{id}/${what}`,
    tool: `context_${what}`,
    draw({ memory, state, picks }) {
      const isArchived = what === 'archive';
      const chosen = picks.one(
        state.contexts.filter(
          (each) => memory.idOf('context', each.token) !== undefined && each.isArchived !== isArchived,
        ),
      );
      if (chosen === undefined) return undefined;
      const { token, project } = chosen;
      const id = String(memory.idOf('context', token));
      const body = isArchived ? { reason: 'old', force: true } : {};
      return {
        call: { method: 'POST', path: `/v1/contexts/${id}/${what}`, body },
        args: { id, ...body },
        about: [project, `context ${token}`],
        isRepeatable: true,
        apply(next, answer) {
          const found = next.contexts.find((each) => each.token === token);
          if (found === undefined) return notIn(answer, [404]);
          found.isArchived = isArchived;
          return (
            notIn(answer, [200]) ??
            notShown(answer, 'whether it is archived', ({ archivedAt }) => archivedAt !== null, isArchived)
          );
        },
      };
    },
  };
}
