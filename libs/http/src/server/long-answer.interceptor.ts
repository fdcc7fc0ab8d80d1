import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { z } from 'zod';
import { WorkPauses } from '#kernel';
import { LONG_ANSWER } from '../endpoint/endpoint.decorator.js';

/**
 * Writes the answers of routes that declare `longAnswer` as JSON, by their schema as all others: item by item, so that
 * megabytes of it hold nobody up.
 */
@Injectable()
export class LongAnswerInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const schema = this.reflector.get<z.ZodObject | undefined>(LONG_ANSWER, context.getHandler());
    if (schema === undefined) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (answer: Record<string, unknown>) => {
        const json = await toJsonInSteps(schema, answer);
        void reply.header('content-type', 'application/json; charset=utf-8');
        return json;
      }),
    );
  }
}

/** @throws ZodError for what the schema does not take */
async function toJsonInSteps(schema: z.ZodObject, answer: Record<string, unknown>): Promise<Buffer> {
  const pauses = new WorkPauses();
  // Bytes at once: a socket would turn a long text into bytes all at a time.
  const written: Buffer[] = [];
  const write = (text: string): void => void written.push(Buffer.from(text));
  let isFirst = true;
  for (const [name, part] of Object.entries(schema.shape)) {
    const value = answer[name];
    const isList = part instanceof z.ZodArray && Array.isArray(value);
    const json = isList ? '[' : (JSON.stringify(z.parse(part, value)) as string | undefined);
    if (json === undefined) continue;
    write(`${isFirst ? '' : ','}${JSON.stringify(name)}:${json}`);
    isFirst = false;
    if (!isList) continue;
    for (const [index, item] of value.entries()) {
      if (pauses.isDue) await pauses.pauseIfDue();
      write(`${index === 0 ? '' : ','}${JSON.stringify(z.parse(part.element, item))}`);
    }
    write(']');
  }
  return Buffer.concat([Buffer.from('{'), ...written, Buffer.from('}')]);
}
