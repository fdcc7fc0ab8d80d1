import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { CacheService } from '#cache';
import { DomainError } from '#kernel';
import { findRequestContext } from '#observability';
import { isRead } from '../endpoint/endpoint.decorator.js';

/**
 * An answer to a write goes out when every process sees what it rests on, whoever wrote it: also a replay, and a refusal
 * that says what is there already, and one that was answered from the cache, whose entry may be newer than what other
 * entries show. A read waits for nothing.
 */
@Injectable()
export class AcknowledgementInterceptor implements NestInterceptor {
  constructor(private readonly cache: CacheService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method } = context.switchToHttp().getRequest<FastifyRequest>();
    return isRead(method, context.getHandler()) ? next.handle() : from(this.acknowledge(next));
  }

  private async acknowledge(next: CallHandler): Promise<unknown> {
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      await this.settle();
      return body;
    } catch (error) {
      // Other errors say nothing of what is there.
      if (error instanceof DomainError) await this.settle();
      throw error;
    }
  }

  private async settle(): Promise<void> {
    // When an entry of the cache was read from the database is not known: just now, at worst.
    await this.cache.acknowledged(findRequestContext()?.timings?.databaseMsAgo ?? 0);
  }
}
