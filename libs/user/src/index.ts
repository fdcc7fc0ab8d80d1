export { UserApiModule } from './user.module.js';
