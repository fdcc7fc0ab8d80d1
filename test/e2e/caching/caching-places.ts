import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { StatementLog } from '#test/support/statement-log.js';

interface Place {
  readonly processes: 1 | 2;
  readonly redis: boolean;
  readonly database: boolean;
}

/** Where the cache lives, as `describe.each` takes it. */
export const PLACES: readonly (readonly [name: string, place: Place])[] = [
  ['two processes on Redis', { processes: 2, redis: true, database: true }],
  ['the embedded database', { processes: 1, redis: false, database: false }],
];

/** The processes of a place, whose statements are counted. */
export class CachingFixture {
  private constructor(
    readonly servers: readonly Keepsake[],
    readonly statements: StatementLog,
    readonly database: TestDatabase | undefined,
    readonly redis: RedisServer | undefined,
  ) {}

  static async at(place: Place, env: Readonly<Record<string, string>>): Promise<CachingFixture> {
    const database = place.database ? await createTestDatabase() : undefined;
    const redis = place.redis ? await startRedis() : undefined;
    const statements = await StatementLog.open();
    const given = {
      ...statements.env,
      DATABASE_URL: database?.url,
      REDIS_URL: redis?.url,
      // Two processes on a busy machine read their answers late; that is not Redis being away.
      REDIS_SOCKET_TIMEOUT: place.redis ? '2000' : undefined,
      KEEPSAKE_SINGLE_PROCESS: place.redis ? undefined : 'true',
      LOG_LEVEL: 'error',
      ...env,
    };
    const servers = [await startKeepsake({ env: given })];
    if (place.processes === 2) servers.push(await startKeepsake({ env: given }));
    return new CachingFixture(servers, statements, database, redis);
  }

  /** Two servers with one key on one database and one Redis, that do no jobs and embed nothing. */
  static ofTwoServers(env: Readonly<Record<string, string>> = {}): Promise<CachingFixture> {
    return CachingFixture.at(
      { processes: 2, redis: true, database: true },
      {
        WORKER_ENABLED: 'false',
        EMBEDDING_PROVIDER: 'off',
        KEEPSAKE_BOOTSTRAP_KEY: `ks_${randomUUID()}`,
        ...env,
      },
    );
  }

  /** Where tests write. */
  get here(): Keepsake {
    return this.servers[0] as Keepsake;
  }

  /** Where they read: another process, if there is one. */
  get there(): Keepsake {
    return this.servers.at(-1) as Keepsake;
  }

  async remove(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.remove()));
    await this.redis?.remove();
    await this.database?.drop();
    await this.statements.remove();
  }
}
