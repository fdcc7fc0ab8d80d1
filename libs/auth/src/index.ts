export type { ApiKey } from './api-key.js';
export { ApiKeyService, type NewApiKey } from './api-key.service.js';
export { AuthApiModule } from './auth-api.module.js';
export { AuthModule } from './auth.module.js';
export { BootstrapService, type FirstKey, KEY_FILE } from './bootstrap.service.js';
export { Caller } from './http/caller.decorator.js';
export { PrincipalService } from './principal.service.js';
export { DEFAULT_WORKSPACE, type Workspace } from './workspace.js';
export { WorkspaceService } from './workspace.service.js';
