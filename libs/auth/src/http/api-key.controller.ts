import { Body, Controller, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, listPage } from '#http';
import type { ApiKeyId, Principal } from '#kernel';
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

  @Endpoint('GET ', { summary: 'List API keys, newest first', access: ['admin'], response: keysResponse })
  async list(@Caller() caller: Principal, @Query({ schema: keysQuery }) query: z.infer<typeof keysQuery>) {
    return listPage(query, {
      of: ['keys', caller.workspaceId],
      load: (after: ApiKeyId | undefined, limit) => this.keys.list(caller.workspaceId, after, limit),
      show: (keys) => keys.map(toKeyResponse),
    });
  }

  @Endpoint('POST /:id/rotate', {
    summary: 'Replace an API key; the old one stops working at once',
    access: ['admin'],
    response: newKeyResponse,
    secret: true,
  })
  async rotate(@Caller() caller: Principal, @Param({ schema: keyParams }) params: z.infer<typeof keyParams>) {
    return toNewKeyResponse(await this.keys.rotate(caller, params.id as ApiKeyId));
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
  ) {
    return toKeyResponse(await this.keys.change(caller, params.id as ApiKeyId, body));
  }

  @Endpoint('DELETE /:id', {
    summary: 'Revoke an API key; it stops working at once',
    access: ['admin'],
    response: keyResponse,
  })
  async revoke(@Caller() caller: Principal, @Param({ schema: keyParams }) params: z.infer<typeof keyParams>) {
    return toKeyResponse(await this.keys.revoke(caller, params.id as ApiKeyId));
  }
}
