import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthModule } from './auth.module.js';
import { ApiKeyController } from './http/api-key.controller.js';
import { AuthGuard } from './http/auth.guard.js';
import { WorkspaceController } from './http/workspace.controller.js';

/** The guard in front of every route, and the routes for keys and workspaces. */
@Module({
  imports: [AuthModule],
  controllers: [ApiKeyController, WorkspaceController],
  providers: [{ provide: APP_GUARD, useClass: AuthGuard }],
})
export class AuthApiModule {}
