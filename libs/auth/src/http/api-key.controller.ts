import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { ApiKeyId, Principal } from '#kernel';
import type { StoredApiKey } from '../api-key.js';
import { ApiKeyService } from '../api-key.service.js';
import {
  changeKeyBody,
  createKeyBody,
  keyParams,
  keyResponse,
  keysQuery,
  keysResponse,
  newKeyResponse,
  toKeyResponse,
  toNewKeyResponse,
} from './api-key.dto.js';
import { Caller } from './auth.guard.js';

@Controller('v1/keys')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  @Endpoint('POST ', { summary: 'Create an API key', access: ['admin'], response: newKeyResponse, secret: true })
  async create(@Caller() caller: Principal, @Body({ schema: createKeyBody }) body: z.infer<typeof createKeyBody>) {
    return toNewKeyResponse(await this.keys.create(caller, body));
  }

  @Endpoint('GET ', {
    summary: 'List API keys, newest first',
    access: ['admin'],
    response: keysResponse,
    tagged: true,
  })
  async list(@Caller() caller: Principal, @Query({ schema: keysQuery }) query: z.infer<typeof keysQuery>) {
    return listPage(query, {
      of: ['keys', caller.workspaceId],
      load: (after: ApiKeyId | undefined, limit) => this.keys.list(caller.workspaceId, after, limit),
      show: (keys) => keys.map(toKeyResponse),
    });
  }

  @Endpoint('GET /:id', { summary: 'Look at an API key, also a revoked one', access: ['admin'], response: keyResponse })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: keyParams }) params: z.infer<typeof keyParams>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.keys.get(caller.workspaceId, params.id as ApiKeyId), reply);
  }

  @Endpoint('POST /:id/rotate', {
    summary: 'Replace an API key; the old one stops working at once',
    access: ['admin'],
    response: newKeyResponse,
    secret: true,
  })
  async rotate(
    @Caller() caller: Principal,
    @Param({ schema: keyParams }) params: z.infer<typeof keyParams>,
    @IfPreconditions() given: Preconditions,
  ) {
    return toNewKeyResponse(await this.keys.rotate(caller, params.id as ApiKeyId, given));
  }

  @Endpoint('PATCH /:id', {
    summary: 'Change the name, scopes or tier of an API key, from the next request on',
    access: ['admin'],
    response: keyResponse,
  })
  async change(
    @Caller() caller: Principal,
    @Param({ schema: keyParams }) params: z.infer<typeof keyParams>,
    @Body({ schema: changeKeyBody }) body: z.infer<typeof changeKeyBody>,
    @IfPreconditions() given: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.keys.change(caller, params.id as ApiKeyId, body, given), reply);
  }

  @Endpoint('DELETE /:id', {
    summary: 'Revoke an API key; it stops working at once',
    access: ['admin'],
    response: keyResponse,
  })
  async revoke(
    @Caller() caller: Principal,
    @Param({ schema: keyParams }) params: z.infer<typeof keyParams>,
    @IfPreconditions() given: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.keys.revoke(caller, params.id as ApiKeyId, given), reply);
  }

  private tagged(key: StoredApiKey, reply: FastifyReply) {
    void reply.header('etag', this.keys.tagOf(key));
    return toKeyResponse(key);
  }
}
