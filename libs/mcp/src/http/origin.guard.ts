import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { HttpConfig } from '#config';
import { DomainError } from '#kernel';

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses pages of other sites, which reach a server on this machine through a name that is made to point at it (DNS
 * rebinding; the transport's specification asks for this). Programs send no `Origin`. Pages of this machine, of
 * `PUBLIC_URL` and of `CORS_ORIGINS` may.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  private readonly known: ReadonlySet<string>;

  constructor({ corsOrigins, publicUrl }: HttpConfig) {
    this.known = new Set([...corsOrigins, ...(publicUrl === undefined ? [] : [publicUrl])].map(originOf));
  }

  /** @throws DomainError `origin-refused` */
  canActivate(context: ExecutionContext): boolean {
    const { origin } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (origin === undefined || this.known.has(origin) || isLocal(origin)) return true;
    throw new DomainError({
      code: 'origin-refused',
      kind: 'forbidden',
      detail: 'Pages of this origin may not speak to this server; its operator lists those that may in CORS_ORIGINS.',
    });
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && LOCAL.has(new URL(origin).hostname);
}
