import { inProcessCache } from '#cache/testing';
import { type ContextId, newId, type WorkspaceId } from '#kernel';
import type { Context } from '../context.js';
import { EmbeddingStates } from '../context-observers.js';
import type { StoredContext } from '../store/context-draft.js';
import { ContextPresenter } from './context-presenter.js';

const workspaceId = newId<WorkspaceId>();
const date = new Date(0);
const context = {
  workspaceId,
  id: newId<ContextId>(),
  project: 'p',
  label: 'l',
  version: 1,
  content: 'text',
  tags: [],
  metadata: {},
  keyConcepts: [],
  createdAt: date,
  updatedAt: date,
  archivedAt: null,
  lastAccessedAt: null,
} as unknown as Context;

describe('the answer of a write whose embedding state the database has no time to say', () => {
  const states = new EmbeddingStates(inProcessCache());
  states.register({
    engine: 'local',
    statesOf: () => Promise.reject(new Error('timeout exceeded when trying to connect')),
  });
  const responses = new ContextPresenter(states);

  it('is given all the same: what was written stands', async () => {
    const stored: StoredContext = { context, unchanged: false, similarTo: [] };
    expect(await responses.stored(workspaceId, stored)).toMatchObject({ id: context.id, embedding: 'pending' });
    expect(await responses.batch(workspaceId, [stored])).toMatchObject({ items: [{ status: 201 }] });
    expect(await responses.changed(workspaceId, context)).toMatchObject({ id: context.id });
  });

  it('while a read fails: what it says may be kept', async () => {
    await expect(responses.context(workspaceId, context)).rejects.toThrow('timeout exceeded');
  });
});
