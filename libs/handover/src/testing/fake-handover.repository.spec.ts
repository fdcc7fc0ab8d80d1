import { session } from '#session/testing';
import { FakeHandoverRepository } from './fake-handover.repository.js';
import { handoverRepositoryContract } from './handover-repository.contract.js';

describe('FakeHandoverRepository', () => {
  const handovers = new FakeHandoverRepository();
  handoverRepositoryContract(() => ({
    handovers,
    newSession: async (workspaceId) => session(workspaceId === undefined ? {} : { workspaceId }),
    newSessionInSameProject: async ({ workspaceId, projectId }) => session({ workspaceId, projectId }),
  }));
});
