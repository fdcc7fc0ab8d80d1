import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthModule } from './auth.module.js';
import { AccessRules } from './http/access-rules.js';
import { ApiKeyController } from './http/api-key.controller.js';
import { TokenController } from './http/token.controller.js';
import { WorkspaceController } from './http/workspace.controller.js';
import { SignInLimiter } from './sign-in-limiter.js';

/** The routes for keys, tokens and workspaces. */
@Module({
  imports: [AuthModule, DiscoveryModule],
  controllers: [ApiKeyController, TokenController, WorkspaceController],
  providers: [AccessRules, SignInLimiter],
  exports: [AuthModule, SignInLimiter],
})
export class AuthApiModule {}
