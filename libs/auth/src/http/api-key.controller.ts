import { Body, Controller, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, encodeCursor, Endpoint } from '#http';
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
import { Caller } from './caller.decorator.js';

const position = z.tuple([z.uuid()]);

@Controller('v1/keys')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeyService) {}

  @Endpoint('POST ', { summary: 'Create an API key', access: ['admin'], response: newKeyResponse, secret: true })
  async create(@Caller() caller: Principal, @Body({ schema: createKeyBody }) body: z.infer<typeof createKeyBody>) {
    return toNewKeyResponse(await this.keys.create(caller, body));
  }

  @Endpoint('GET ', { summary: 'List API keys, newest first', access: ['admin'], response: keysResponse })
  async list(@Caller() caller: Principal, @Query({ schema: keysQuery }) query: z.infer<typeof keysQuery>) {
    const list = ['keys', caller.workspaceId];
    const [after] = query.cursor === undefined ? [] : decodeCursor(list, query.cursor, position);
    const page = await this.keys.list(caller.workspaceId, after as ApiKeyId | undefined, query.limit);
    return {
      items: page.items.map(toKeyResponse),
      nextCursor: page.next === undefined ? null : encodeCursor(list, page.next),
    };
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
