export { AdminApiModule } from './admin-api.module.js';
export { AdminWorkerModule } from './admin-worker.module.js';
