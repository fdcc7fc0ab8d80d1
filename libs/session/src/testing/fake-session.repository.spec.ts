import { newId, type ProjectId, type WorkspaceId } from '#kernel';
import { FakeSessionEntryRepository } from './fake-session-entry.repository.js';
import { FakeSessionRepository } from './fake-session.repository.js';
import { session } from './session.factory.js';
import { sessionEntryRepositoryContract } from './session-entry-repository.contract.js';
import { sessionRepositoryContract } from './session-repository.contract.js';

const newProject = async (workspaceId = newId<WorkspaceId>()) => ({ workspaceId, projectId: newId<ProjectId>() });

describe('FakeSessionRepository', () => {
  const sessions = new FakeSessionRepository();
  sessionRepositoryContract(() => ({ sessions, newProject }));
});

describe('FakeSessionEntryRepository', () => {
  const entries = new FakeSessionEntryRepository();
  sessionEntryRepositoryContract(() => ({
    entries,
    newSession: async (workspaceId) => session(await newProject(workspaceId)),
    newSessionIn: async (project) => session({ workspaceId: project.workspaceId, projectId: project.projectId }),
  }));
});
