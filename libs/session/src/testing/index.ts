export { FakeSessionEntryRepository } from './fake-session-entry.repository.js';
export { FakeSessionRepository } from './fake-session.repository.js';
export { entry, session } from './session.factory.js';
export { EXPIRY_MS, IDLE_MS, RecordingObserver, SessionWorld, TOUCH_MS } from './session-world.js';
