import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Preconditions } from './entity-tag.js';

const headers = [
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'Entity tags of the states that the change is based on; 412 where the current one is none of them.',
    schema: { type: 'string' },
  }),
  ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'Entity tags of states that the change is not for, or `*`; 412 where the current one is among them.',
    schema: { type: 'string' },
  }),
];

/** The `Preconditions` of a request that changes a resource with an entity tag; the service holds them against its state. */
export const IfPreconditions = createParamDecorator<undefined, Preconditions>(
  (_, context: ExecutionContext) => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return { ifMatch: request.headers['if-match'], ifNoneMatch: request.headers['if-none-match'] };
  },
  [
    (target, method) => {
      if (method === undefined) return;
      const descriptor = Object.getOwnPropertyDescriptor(target, method);
      for (const header of headers) if (descriptor !== undefined) header(target, method, descriptor);
    },
  ],
);
