import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ApiKey, ApiKeyService, AuthModule, WorkspaceService } from '#auth';
import { ConfigModule, type KeepsakeConfig } from '#config';
import { DatabaseModule, EMBEDDED_FOLDER } from '#database';
import { type ApiKeyId, isUuid, KernelModule, NotFoundError, type Principal, scopes } from '#kernel';
import { ObservabilityModule } from '#observability';
import { nothingHere } from '../server/find-server.js';
import { ApiKeyClient, type KeyRequest, type KeyView, type NewKeyView } from './api-key-client.js';

@Module({})
class KeysModule {
  static forRoot(config: KeepsakeConfig): DynamicModule {
    return {
      module: KeysModule,
      imports: [KernelModule, ConfigModule.forRoot(config), ObservabilityModule, DatabaseModule, AuthModule],
    };
  }
}

/** Works on the database itself. Whoever can reach it may do anything, so it acts as an operator. */
export class LocalApiKeyClient extends ApiKeyClient {
  private constructor(
    private readonly app: INestApplicationContext,
    private readonly keys: ApiKeyService,
    private readonly caller: Principal,
  ) {
    super();
  }

  /**
   * @throws NotFoundError for an unknown workspace; `default` is made where it is missing.
   * @throws CliError where there is no database.
   */
  static async open(config: KeepsakeConfig, workspaceSlug: string): Promise<LocalApiKeyClient> {
    const { url, dataDir } = config.database;
    if (url === undefined && !existsSync(join(dataDir, EMBEDDED_FOLDER))) throw nothingHere(dataDir);
    // A command that finds no schema makes none.
    const asItIs = { ...config, database: { ...config.database, migrateOnStart: false } };
    const app = await NestFactory.createApplicationContext(KeysModule.forRoot(asItIs), {
      logger: false,
      abortOnError: false,
    });
    try {
      const workspaces = app.get(WorkspaceService);
      await workspaces.ensureDefault();
      const workspace = await workspaces.findBySlug(workspaceSlug);
      if (workspace === undefined) throw new NotFoundError('Workspace', JSON.stringify(workspaceSlug));
      const caller: Principal = { id: 'cli', workspaceId: workspace.id, scopes: new Set(scopes) };
      return new LocalApiKeyClient(app, app.get(ApiKeyService), caller);
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  async list(): Promise<KeyView[]> {
    const keys: KeyView[] = [];
    let after: ApiKeyId | undefined;
    do {
      const page = await this.keys.list(this.caller.workspaceId, after, 100);
      keys.push(...page.items.map(toView));
      after = page.next?.[0];
    } while (after !== undefined);
    return keys;
  }

  async create(request: KeyRequest): Promise<NewKeyView> {
    const { apiKey, key } = await this.keys.create(this.caller, request);
    return { ...toView(apiKey), key };
  }

  async rotate(id: string): Promise<NewKeyView> {
    const { apiKey, key } = await this.keys.rotate(this.caller, toId(id));
    return { ...toView(apiKey), key };
  }

  async revoke(id: string): Promise<KeyView> {
    return toView(await this.keys.revoke(this.caller, toId(id)));
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

function toId(text: string): ApiKeyId {
  if (!isUuid(text)) throw new NotFoundError('Key', JSON.stringify(text));
  return text as ApiKeyId;
}

function toView(key: ApiKey): KeyView {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}
