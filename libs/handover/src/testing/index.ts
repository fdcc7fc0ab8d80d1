export { FakeHandoverRepository } from './fake-handover.repository.js';
export { content, handover } from './handover.factory.js';
