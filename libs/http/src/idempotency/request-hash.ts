import { createHmac, randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InstallationSecrets } from '#database';
import { fileHashOf } from '../server/file-body.js';

let key: Buffer = randomBytes(32);

/** Reads the secret before the first request, so that a hash of one process is one of every other. */
@Injectable()
export class RequestHashKey implements OnModuleInit {
  constructor(private readonly secrets: InstallationSecrets) {}

  async onModuleInit(): Promise<void> {
    key = await this.secrets.get('requests');
  }
}

const noted = new WeakMap<FastifyRequest, Buffer>();

/** Keeps what a request was, whatever is changed in it from now on. */
export function noteRequestHash(request: FastifyRequest): void {
  noted.set(request, hashOf(request));
}

/**
 * Names a request by its method, address and body, or the file that it brought: HMAC-SHA256 under a secret of the installation, so
 * that nobody who reads it can try what a body may have held.
 */
export function requestHash(request: FastifyRequest): Buffer {
  return noted.get(request) ?? hashOf(request);
}

function hashOf(request: FastifyRequest): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([request.method, request.url, fileHashOf(request) ?? request.body ?? null]))
    .digest();
}
