import type { Place } from '#database';
import { copyId, newId, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { identify, type ImportTarget, namesOf } from './import-strategy.js';

describe('finding the things of a file again', () => {
  const target: ImportTarget = {
    workspaceId: newId<WorkspaceId>(),
    projectId: newId<ProjectId>(),
    project: 'p',
    conflict: 'skip',
    dryRun: false,
  };
  const id = newId<SessionId>();
  const copy = copyId(id, target.projectId);
  const found = (...places: [SessionId, Place][]) => identify(target, [id], new Map(places)).get(id);

  it('asks for both names that a thing may have', () => {
    expect(namesOf(target, [id])).toEqual([id, copy]);
  });

  it.each<[string, [SessionId, Place][], { id: SessionId; exists: boolean }]>([
    ['is free: keeps its id', [], { id, exists: false }],
    ['is here: it is that', [[id, 'here']], { id, exists: true }],
    ['is elsewhere: a copy', [[id, 'elsewhere']], { id: copy, exists: false }],
    [
      'has a copy here already',
      [
        [id, 'elsewhere'],
        [copy, 'here'],
      ],
      { id: copy, exists: true },
    ],
    ['has a copy here, and the original is gone', [[copy, 'here']], { id: copy, exists: true }],
  ])('%s', (_, places, identity) => {
    expect(found(...places)).toEqual(identity);
  });

  it('takes a new id where both are taken by others', () => {
    const identity = found([id, 'elsewhere'], [copy, 'elsewhere']);
    expect(identity?.exists).toBe(false);
    expect([id, copy]).not.toContain(identity?.id);
  });
});
