import { Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CacheModule } from '#cache';
import { RateLimitGuard, ThrottleModule } from '#throttle';
import { ApiKeyService } from './api-key.service.js';
import { BootstrapService } from './bootstrap.service.js';
import { AccessRules, AdmissionGuard, AuthGuard, MetricsAccess } from './http/auth.guard.js';
import { ApiKeyController } from './http/api-key.controller.js';
import { TokenController } from './http/token.controller.js';
import { WorkspaceController } from './http/workspace.controller.js';
import { JwtVerifier } from './jwt/jwt-verifier.js';
import { KnownCredentials, SignInLimiter } from './sign-in-limiter.js';
import { ApiKeyEntity, PostgresApiKeyRepository } from './persistence/postgres-api-key.repository.js';
import { PostgresRevocationRepository } from './persistence/postgres-revocation.repository.js';
import { PostgresWorkspaceRepository, WorkspaceEntity } from './persistence/postgres-workspace.repository.js';
import { PrincipalService } from './principal.service.js';
import { TokenService } from './token.service.js';
import { WorkspaceService } from './workspace.service.js';

/** Workspaces, credentials and the first key. */
@Module({
  imports: [CacheModule, TypeOrmModule.forFeature([WorkspaceEntity, ApiKeyEntity])],
  providers: [
    WorkspaceService,
    ApiKeyService,
    PrincipalService,
    BootstrapService,
    KnownCredentials,
    JwtVerifier,
    TokenService,
    PostgresRevocationRepository,
    PostgresWorkspaceRepository,
    PostgresApiKeyRepository,
  ],
  exports: [WorkspaceService, ApiKeyService, PrincipalService, TokenService, BootstrapService, KnownCredentials],
})
export class AuthModule {}

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
