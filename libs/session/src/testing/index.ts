export { entry, session } from './session.factory.js';
export { EXPIRY_MS, IDLE_MS, SessionWorld } from './session-world.js';
