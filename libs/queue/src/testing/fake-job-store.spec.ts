import { FakeJobStore } from './fake-job-store.js';
import { describeJobStore } from './job-store.contract.js';

describe('FakeJobStore', () => {
  const store = new FakeJobStore();
  describeJobStore(() => ({
    store,
    add: async (job, payload, options) => store.add(job, payload, options),
    look: async (id) => store.get(id),
    cancel: async (id) => {
      store.get(id).state = 'cancelled';
    },
  }));
});
