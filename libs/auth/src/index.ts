export { subjectTag } from './auth.cache.js';
export type { ApiKey } from './api-key.js';
export { ApiKeyService } from './api-key.service.js';
export { missingScope } from './auth.errors.js';
export { AuthApiModule, AuthModule } from './auth.module.js';
export { BootstrapService, KEY_FILE, type OperatorKeyFile } from './bootstrap.service.js';
export { Caller } from './http/auth.guard.js';
export { principalOf } from './credential.js';
export { WorkspaceService } from './workspace.service.js';
