import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { RateLimitGuard, ThrottleModule } from '#throttle';
import { AuthModule } from './auth.module.js';
import { AccessRules } from './http/access-rules.js';
import { AdmissionGuard } from './http/admission.guard.js';
import { AuthGuard } from './http/auth.guard.js';
import { ApiKeyController } from './http/api-key.controller.js';
import { TokenController } from './http/token.controller.js';
import { WorkspaceController } from './http/workspace.controller.js';
import { MetricsAccess } from './metrics-access.js';
import { SignInLimiter } from './sign-in-limiter.js';

/** The guards in front of every route, and the routes for keys, tokens and workspaces. */
@Module({
  imports: [AuthModule, DiscoveryModule, ThrottleModule],
  controllers: [ApiKeyController, TokenController, WorkspaceController],
  providers: [
    AccessRules,
    MetricsAccess,
    SignInLimiter,
    AuthGuard,
    RateLimitGuard,
    { provide: APP_GUARD, useClass: AdmissionGuard },
  ],
})
export class AuthApiModule {}
