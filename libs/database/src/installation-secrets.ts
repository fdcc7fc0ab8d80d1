import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from './database.js';

const SECRET_BYTES = 32;

/** Random secrets of this installation: made where they are first asked for, and the same on every process from then on. */
@Injectable()
export class InstallationSecrets {
  constructor(private readonly database: Database) {}

  /** 32 bytes; of processes that ask at the same time for the first time, all get the same. */
  async get(name: string): Promise<Buffer> {
    await this.database.query(
      'INSERT INTO installation_secrets (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
      [name, randomBytes(SECRET_BYTES)],
    );
    const [row] = await this.database.query<{ secret: Uint8Array }>(
      'SELECT secret FROM installation_secrets WHERE name = $1',
      [name],
    );
    if (row === undefined) throw new Error(`The secret ${name} of this installation was removed.`);
    return Buffer.from(row.secret);
  }
}
