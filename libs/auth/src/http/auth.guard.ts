import { timingSafeEqual } from 'node:crypto';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AuthConfig, HttpConfig } from '#config';
import {
  ACCESS,
  ALSO_OPEN_TO,
  discardBody,
  type EndpointConfig,
  type EndpointOptions,
  ProblemFilter,
  requestTimeout,
} from '#http';
import { DomainError, type Principal, withinTime } from '#kernel';
import { noteCaller } from '#observability';
import { RateLimitGuard } from '#throttle';
import { missingScope, unauthenticated } from '../auth.errors.js';
import { credentialOf, hashSecret } from '../credential.js';
import { PrincipalService } from '../principal.service.js';
import { SignInLimiter } from '../sign-in-limiter.js';
import { PATH_METADATA } from '@nestjs/common/constants.js';

/** Opens the metrics to whom the configuration says: nobody besides operators, who shows the token, or everybody. */
@Injectable()
export class MetricsAccess {
  private readonly isPublic: boolean;
  private readonly tokenHash: Buffer | undefined;

  constructor({ metrics }: AuthConfig) {
    this.isPublic = metrics.isPublic;
    this.tokenHash = metrics.token === undefined ? undefined : hashSecret(metrics.token);
  }

  /** @param credential as it was sent; compared in constant time */
  isOpenTo(credential: string | undefined): boolean {
    if (this.isPublic) return true;
    return (
      this.tokenHash !== undefined &&
      credential !== undefined &&
      timingSafeEqual(this.tokenHash, hashSecret(credential))
    );
  }
}

/** The verified principal of the request. Routes that are not public always have one. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<{ principal?: Principal }>();
  if (principal === undefined) throw new Error('This route has no principal: it is public.');
  return principal;
});

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
    const missing = access.find((scope) => !principal.scopes.has(scope));
    if (missing !== undefined) throw missingScope(missing);
    request.principal = principal;
    noteCaller(principal.id);
    return true;
  }
}

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
    private readonly config: HttpConfig,
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

  /** @throws DomainError of the guards, or `request-timeout`; whose limits they are must be known first. */
  private async admit(context: ExecutionContext): Promise<void> {
    const { requestTimeoutMs } = this.config;
    await withinTime(
      requestTimeoutMs,
      async () => {
        await this.auth.canActivate(context);
        await this.limits.canActivate(context);
      },
      () => {
        throw requestTimeout(requestTimeoutMs);
      },
    );
  }
}

/**
 * Looks at every route before the first request: one that does not say who may call it ends the start, so that it is
 * found by whoever wrote it and not by whoever calls it.
 */
@Injectable()
export class AccessRules implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const missing = this.discovery.getControllers().flatMap(({ metatype }) => {
      const prototype = metatype?.prototype as Record<string, object> | undefined;
      if (metatype === null || prototype === undefined) return [];
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => isRoute(prototype[name]) && !Reflect.hasMetadata(ACCESS, prototype[name] ?? {}))
        .map((name) => `${metatype.name}.${name}`);
    });
    if (missing.length > 0)
      throw new Error(`No access rule: ${missing.join(', ')}. Declare each route with @Endpoint, which asks for one.`);
  }
}

function isRoute(handler: object | undefined): boolean {
  return handler !== undefined && Reflect.hasMetadata(PATH_METADATA, handler);
}
