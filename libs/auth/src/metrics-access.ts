import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthConfig } from '#config';
import { hashSecret } from './secret-hash.js';

/** Opens the metrics to whom the configuration says: nobody besides operators, who shows the token, or everybody. */
@Injectable()
export class MetricsAccess {
  private readonly isPublic: boolean;
  private readonly tokenHash: Buffer | undefined;

  constructor({ metrics }: AuthConfig) {
    this.isPublic = metrics.isPublic;
    this.tokenHash = metrics.token === undefined ? undefined : hashSecret(metrics.token);
  }

  /** @param credential as it was sent; compared in constant time */
  isOpenTo(credential: string | undefined): boolean {
    if (this.isPublic) return true;
    return (
      this.tokenHash !== undefined &&
      credential !== undefined &&
      timingSafeEqual(this.tokenHash, hashSecret(credential))
    );
  }
}
