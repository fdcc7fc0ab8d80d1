import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { AuthConfig } from '#config';
import { TransactionRunner } from '#database';
import { Clock, newId, scopes } from '#kernel';
import { ApiKeyService } from './api-key.service.js';
import { type ApiKey, BOOTSTRAP_NAME, generateKey, prefixOf } from './api-key.js';
import { PostgresApiKeyRepository } from './persistence/postgres-api-key.repository.js';
import { hashSecret } from './credential.js';
import { WorkspaceService } from './workspace.service.js';

/** Name of the file in the data folder that holds the first key; only its owner can read it. */
export const KEY_FILE = 'operator.key';

/** Lies beside the key until a start that serves has shown it. */
const NOT_SHOWN_FILE = `${KEY_FILE}.not-shown`;

/** The operator key that an embedded database keeps in its folder. */
export interface OperatorKeyFile {
  readonly file: string;
  /** The key itself, until a start has shown it (see `markShown`). */
  readonly key?: string;
}

/** What must exist before the first request: the default workspace and a way in. */
@Injectable()
export class BootstrapService {
  private readonly logger = new Logger(BootstrapService.name);

  constructor(
    private readonly workspaces: WorkspaceService,
    private readonly keys: ApiKeyService,
    private readonly keyRepository: PostgresApiKeyRepository,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly config: AuthConfig,
  ) {}

  /**
   * Makes the default workspace; takes over `KEEPSAKE_BOOTSTRAP_KEY` as the operator key where it is set; else, on
   * the first start of an embedded database, makes one and keeps it in a file.
   * @returns that file, where it holds an active operator key
   */
  async run(): Promise<OperatorKeyFile | undefined> {
    const { bootstrapKey, keyFileDir } = this.config;
    if (bootstrapKey !== undefined) {
      await this.transactions.run(() => this.takeOver(bootstrapKey));
      return undefined;
    }
    const workspace = await this.workspaces.ensureDefault();
    if (await this.keyRepository.hasActiveOperator(this.clock.now())) return this.findKeyFile();
    if (keyFileDir === undefined) {
      this.logger.warn(
        'There is no operator key yet. Make one with `keepsake keys create --name operator --scopes operator,admin,memory:read,memory:write,embeddings`, or set KEEPSAKE_BOOTSTRAP_KEY.',
      );
      return undefined;
    }
    const key = generateKey();
    const file = join(keyFileDir, KEY_FILE);
    mkdirSync(keyFileDir, { recursive: true, mode: 0o700 });
    writeFileSync(join(keyFileDir, NOT_SHOWN_FILE), '');
    writeFileSync(file, `${key}\n`, { mode: 0o600 });
    // An older file keeps its own mode when it is written over.
    chmodSync(file, 0o600);
    // The file first: a crash in between leaves a file without a key, and the next start makes both again.
    await this.keys.insert(workspace.id, { name: 'operator', scopes, tier: null, expiresAt: null }, key);
    return { key, file };
  }

  private async takeOver(bootstrapKey: string): Promise<void> {
    const workspace = await this.workspaces.ensureDefault();
    const secretHash = hashSecret(bootstrapKey);
    const now = this.clock.now();
    const wanted: ApiKey = {
      workspaceId: workspace.id,
      id: newId(),
      name: BOOTSTRAP_NAME,
      prefix: prefixOf(bootstrapKey),
      secretHash,
      scopes,
      tier: null,
      createdAt: now,
      expiresAt: null,
      revokedAt: null,
    };
    const kept = await this.keyRepository.ensure(wanted);
    if (kept.revokedAt !== null) {
      // Perhaps it was rotated: then the key that came of it is the way in, and must not be taken away.
      this.logger.warn('KEEPSAKE_BOOTSTRAP_KEY names a key that was revoked: it stays revoked. Set another one.');
      return;
    }
    // The variable sets the one bootstrap key: the one it named before stops working.
    const others = await this.keyRepository.revokeOthersNamed(workspace.id, BOOTSTRAP_NAME, secretHash, now);
    await this.keys.forget(...(kept.id === wanted.id ? [kept] : []), ...others);
  }

  /** Called once the key was shown to whoever started the server: later starts only say where it is. */
  markShown(): void {
    const { keyFileDir } = this.config;
    if (keyFileDir !== undefined) rmSync(join(keyFileDir, NOT_SHOWN_FILE), { force: true });
  }

  private async findKeyFile(): Promise<OperatorKeyFile | undefined> {
    const { keyFileDir } = this.config;
    if (keyFileDir === undefined) return undefined;
    const file = join(keyFileDir, KEY_FILE);
    const key = readIfThere(file)?.trim();
    if (!key) return undefined;
    const known = await this.keyRepository.findByHash(hashSecret(key));
    if (known === undefined || known.revokedAt !== null || !known.scopes.includes('operator')) return undefined;
    return readIfThere(join(keyFileDir, NOT_SHOWN_FILE)) === undefined ? { file } : { file, key };
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // A key that another user keeps is not ours to name either.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') return undefined;
    throw error;
  }
}
