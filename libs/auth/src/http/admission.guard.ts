import { type CanActivate, type ExecutionContext, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { discardBody, type EndpointConfig, ProblemFilter } from '#http';
import { RateLimitGuard } from '#throttle';
import { AuthGuard } from './auth.guard.js';

const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Lets in who is known, may call the route and is within its limits. Of a request that may have a body this is asked before
 * the body is read: nothing is parsed for anybody else.
 */
@Injectable()
export class AdmissionGuard implements CanActivate, OnModuleInit {
  private readonly admitted = new WeakSet<FastifyRequest>();

  constructor(
    private readonly auth: AuthGuard,
    private readonly limits: RateLimitGuard,
    private readonly host: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('preParsing', async (request, reply) => {
      const { controller, handler } = request.routeOptions.config as Partial<EndpointConfig>;
      if (WITHOUT_BODY.has(request.method) || controller === undefined || handler === undefined) return;
      try {
        await this.admit(new ExecutionContextHost([request, reply], controller as Type, handler as () => unknown));
        this.admitted.add(request);
      } catch (error) {
        discardBody(request.raw);
        this.modules.get(ProblemFilter, { strict: false }).refuse(error, request, reply);
      }
    });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!this.admitted.has(context.switchToHttp().getRequest<FastifyRequest>())) await this.admit(context);
    return true;
  }

  /** @throws DomainError of the guards; whose limits they are must be known first. */
  private async admit(context: ExecutionContext): Promise<void> {
    await this.auth.canActivate(context);
    await this.limits.canActivate(context);
  }
}
