export { AdminApiModule } from './admin.module.js';
