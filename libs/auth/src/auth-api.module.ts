import { Module } from '@nestjs/common';
import { AuthModule } from './auth.module.js';
import { ApiKeyController } from './http/api-key.controller.js';
import { TokenController } from './http/token.controller.js';
import { WorkspaceController } from './http/workspace.controller.js';
import { SignInLimiter } from './sign-in-limiter.js';

/** The routes for keys, tokens and workspaces. */
@Module({
  imports: [AuthModule],
  controllers: [ApiKeyController, TokenController, WorkspaceController],
  providers: [SignInLimiter],
  exports: [AuthModule, SignInLimiter],
})
export class AuthApiModule {}
