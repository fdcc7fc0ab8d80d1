import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AuthModule } from './auth.module.js';
import { AccessRules } from './http/access-rules.js';
import { ApiKeyController } from './http/api-key.controller.js';
import { AuthGuard } from './http/auth.guard.js';
import { WorkspaceController } from './http/workspace.controller.js';

/** The guard in front of every route, and the routes for keys and workspaces. */
@Module({
  imports: [AuthModule, DiscoveryModule],
  controllers: [ApiKeyController, WorkspaceController],
  providers: [AccessRules, { provide: APP_GUARD, useClass: AuthGuard }],
})
export class AuthApiModule {}
