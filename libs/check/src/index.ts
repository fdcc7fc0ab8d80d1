export { CheckApiModule } from './check.module.js';
