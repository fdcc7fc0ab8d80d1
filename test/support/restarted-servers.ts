import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createTestDatabase, type TestDatabase } from './database.js';
import { copyEmbeddedTemplate } from './embedded-template.js';
import { type Keepsake, startKeepsake } from './keepsake.js';
import { type RedisServer, startRedis } from './services.js';
import { changeStored } from './stored-rows.js';
import { type StoredText, textsInDatabase, textsInRedis } from './stored-texts.js';

/** As `describe.each` takes it: the name, and whether there are two processes on PostgreSQL and Redis. */
export const RESTART_PLACES: readonly (readonly [name: string, isShared: boolean])[] = [
  ['two processes on PostgreSQL and Redis', true],
  ['the embedded database', false],
];

/** Processes that stop and start again over the same data, which is searched for texts in between. */
export class RestartedServers {
  servers: readonly Keepsake[] = [];

  private constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly folders: readonly string[],
    private readonly database: TestDatabase | undefined,
    private readonly redisServer: RedisServer | undefined,
    private readonly redis: Redis | undefined,
  ) {}

  static async make(isShared: boolean, env: Readonly<Record<string, string>>): Promise<RestartedServers> {
    const database = isShared ? await createTestDatabase() : undefined;
    const redis = isShared ? await startRedis() : undefined;
    const folders = await Promise.all(
      Array.from({ length: isShared ? 2 : 1 }, () => mkdtemp(join(tmpdir(), 'keepsake-restarted-'))),
    );
    if (!isShared) for (const folder of folders) await copyEmbeddedTemplate(folder);
    const given = {
      DATABASE_URL: database?.url,
      REDIS_URL: redis?.url,
      REDIS_SOCKET_TIMEOUT: isShared ? '2000' : undefined,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_restarted_${'x'.repeat(32)}`,
      ...env,
    };
    return new RestartedServers(given, folders, database, redis, redis && new Redis(redis.url));
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const servers: Keepsake[] = [];
    for (const dataDir of this.folders) servers.push(await startKeepsake({ env: { ...this.env, ...env }, dataDir }));
    this.servers = servers;
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
  }

  /** Where tests write. */
  get here(): Keepsake {
    return this.servers[0] as Keepsake;
  }

  /** Of stopped servers: what waiting for hours, or an older release, would have left. @returns rows that were changed */
  change(statement: string): Promise<number> {
    return changeStored(this.here, this.database?.url, statement);
  }

  /** Every place of the database and of Redis that holds one of the texts; on the embedded database of a stopped server. */
  async textsIn(texts: readonly string[]): Promise<StoredText[]> {
    const inDatabase = await textsInDatabase(this.here, this.database?.url, texts);
    return this.redis === undefined ? inDatabase : [...inDatabase, ...(await textsInRedis(this.redis, texts))];
  }

  async remove(): Promise<void> {
    for (const server of this.servers) await server.remove();
    this.redis?.disconnect();
    await this.redisServer?.remove();
    await this.database?.drop();
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
