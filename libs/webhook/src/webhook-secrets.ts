import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InstallationSecrets } from '#database';
import type { Webhook } from './webhook.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type Owner = Pick<Webhook, 'workspaceId' | 'id'>;

/**
 * Encrypts the secrets of webhooks for the database: they sign, so they can't be kept as hashes. The key is a secret of this
 * installation, and an encrypted secret opens for its own webhook alone.
 */
@Injectable()
export class WebhookSecrets {
  private key: Promise<Buffer> | undefined;

  constructor(private readonly secrets: InstallationSecrets) {}

  async encrypt(owner: Owner, secret: string): Promise<string> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, await this.installationKey(), nonce);
    cipher.setAAD(nameOf(owner));
    const encrypted = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(encrypted).toString('base64');
  }

  /** @throws Error where it was encrypted for another webhook, or by another installation */
  async decrypt(owner: Owner, encryptedText: string): Promise<string> {
    const encrypted = Buffer.from(encryptedText, 'base64');
    const tagAt = encrypted.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, await this.installationKey(), encrypted.subarray(0, NONCE_BYTES));
    decipher.setAAD(nameOf(owner));
    decipher.setAuthTag(encrypted.subarray(tagAt));
    return Buffer.concat([decipher.update(encrypted.subarray(NONCE_BYTES, tagAt)), decipher.final()]).toString('utf8');
  }

  private installationKey(): Promise<Buffer> {
    this.key ??= this.secrets.get('webhooks').catch((error: unknown) => {
      this.key = undefined;
      throw error;
    });
    return this.key;
  }
}

function nameOf({ workspaceId, id }: Owner): Buffer {
  return Buffer.from(`${workspaceId}/${id}`);
}
