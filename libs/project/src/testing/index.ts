export { noForgottenTexts } from './no-forgotten-texts.js';
export { FakeProjectRepository } from './fake-project.repository.js';
