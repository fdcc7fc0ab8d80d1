import { newId, type WorkspaceId } from '#kernel';
import { FakeProjectRepository } from './fake-project.repository.js';
import { projectRepositoryContract } from './project-repository.contract.js';

describe('FakeProjectRepository', () => {
  projectRepositoryContract(() => ({
    projects: new FakeProjectRepository(),
    newWorkspace: async () => newId<WorkspaceId>(),
  }));
});
