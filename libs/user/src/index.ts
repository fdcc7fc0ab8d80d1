export { UserApiModule, UserModule } from './user.module.js';
