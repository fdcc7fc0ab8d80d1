import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InstallationSecrets } from '#database';

let key: Buffer = randomBytes(32);

/** The secret that cursors are authenticated with: this process's own until `CursorKey` has read the installation's. */
export function cursorKey(): Buffer {
  return key;
}

/** Reads the secret before the first request, so that a cursor of one process is one of every other. */
@Injectable()
export class CursorKey implements OnModuleInit {
  constructor(private readonly secrets: InstallationSecrets) {}

  async onModuleInit(): Promise<void> {
    key = await this.secrets.get('cursors');
  }
}
