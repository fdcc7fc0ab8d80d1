import { createHmac } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InstallationSecrets } from '#database';
import type { WorkspaceId } from '#kernel';

/** Under what texts are hashed, for each workspace another. Read before the first request. */
@Injectable()
export class TextSecret implements OnModuleInit {
  private secret: Buffer | undefined;

  constructor(private readonly secrets: InstallationSecrets) {}

  async onModuleInit(): Promise<void> {
    this.secret = await this.secrets.get('forgotten-texts');
  }

  of(workspaceId: WorkspaceId): Buffer {
    if (this.secret === undefined) throw new Error('The secret is read when the module starts.');
    return createHmac('sha256', this.secret).update(workspaceId).digest();
  }
}
