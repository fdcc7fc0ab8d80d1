export { FakeProjectRepository } from './fake-project.repository.js';
