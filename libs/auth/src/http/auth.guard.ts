import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS, ALSO_OPEN_TO, type EndpointOptions } from '#http';
import { DomainError, type Principal } from '#kernel';
import { missingScope, unauthenticated } from '../auth.errors.js';
import { credentialOf } from '../bearer.js';
import { MetricsAccess } from '../metrics-access.js';
import { PrincipalService } from '../principal.service.js';
import { SignInLimiter } from '../sign-in-limiter.js';

/** Denies by default: a route that does not say who may call it can't be called by anybody. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly principals: PrincipalService,
    private readonly signIns: SignInLimiter,
    private readonly metrics: MetricsAccess,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<EndpointOptions['access'] | undefined>(ACCESS, context.getHandler());
    if (access === 'public') return true;
    if (access === undefined)
      throw new DomainError({ code: 'no-access-rule', kind: 'forbidden', detail: 'Nobody may call this route.' });
    const request = context.switchToHttp().getRequest<FastifyRequest & { principal?: Principal }>();
    const credential = credentialOf(request.headers.authorization);
    const isOfMetrics = Reflect.getMetadata(ALSO_OPEN_TO, context.getHandler()) === 'metrics';
    if (isOfMetrics && this.metrics.isOpenTo(credential)) return true;
    if (credential === undefined) throw unauthenticated();
    const workspace = request.headers['x-keepsake-workspace'];
    const principal = await this.signIns.guard(request.ip, credential, () =>
      this.principals.authenticate(credential, typeof workspace === 'string' ? workspace : undefined),
    );
    const lacking = access.find((scope) => !principal.scopes.has(scope));
    if (lacking !== undefined) throw missingScope(lacking);
    request.principal = principal;
    return true;
  }
}
