export { AdminApiModule, AdminWorkerModule } from './admin.module.js';
