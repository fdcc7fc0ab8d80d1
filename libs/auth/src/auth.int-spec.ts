import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import pg from 'pg';
import { AuthConfig, ConfigModule, loadConfig } from '#config';
import { Database, DatabaseModule } from '#database';
import {
  type ApiKeyId,
  Clock,
  KernelModule,
  newId,
  type Principal,
  type Scope,
  scopes,
  type WorkspaceId,
} from '#kernel';
import { ManualClock } from '#kernel/testing';
import { ObservabilityModule } from '#observability';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { hashSecret } from './credential.js';
import { ApiKeyService } from './api-key.service.js';
import { AuthModule } from './auth.module.js';
import { BootstrapService } from './bootstrap.service.js';
import { PostgresApiKeyRepository } from './persistence/postgres-api-key.repository.js';
import { PostgresRevocationRepository } from './persistence/postgres-revocation.repository.js';
import { PrincipalService } from './principal.service.js';
import { WorkspaceService } from './workspace.service.js';

const HOUR_MS = 3_600_000;

describe('credentials on PostgreSQL', () => {
  let testDatabase: TestDatabase;
  let testing: TestingModule;
  let database: Database;
  let clock: ManualClock;
  let keys: ApiKeyService;
  let principals: PrincipalService;
  let workspaces: WorkspaceService;
  let workspaceId: WorkspaceId;
  let operator: Principal;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    clock = new ManualClock();
    const config = loadConfig({ DATABASE_URL: testDatabase.url, LOG_LEVEL: 'silent' });
    testing = await Test.createTestingModule({
      imports: [KernelModule, ConfigModule.forRoot(config), ObservabilityModule, DatabaseModule, AuthModule],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    await testing.init();
    database = testing.get(Database);
    keys = testing.get(ApiKeyService);
    principals = testing.get(PrincipalService);
    workspaces = testing.get(WorkspaceService);
  });
  beforeEach(async () => {
    await database.query('TRUNCATE workspaces CASCADE');
    workspaceId = (await workspaces.ensureDefault()).id;
    operator = { id: 'key:operator', workspaceId, scopes: new Set(scopes) };
  });
  afterAll(async () => {
    await testing?.close();
    await testDatabase?.drop();
  });

  const make = (some: readonly Scope[] = ['memory:read'], over: { expiresAt?: Date } = {}) =>
    keys.create(operator, { name: 'a key', scopes: some, ...over });
  const authenticate = (key: string, workspace?: string) => principals.authenticate(key, workspace);
  const inHours = (hours: number) => new Date(clock.nowMs() + hours * HOUR_MS);

  it('a token that does not say when it was issued (no iat) escapes no revocation of its subject, however long ago that was', async () => {
    const revocations = testing.get(PostgresRevocationRepository);
    const [revokedAt, expiresAt] = [inHours(0), inHours(24)];
    await revocations.add({ workspaceId, kind: 'subject', value: 'ada', revokedAt, expiresAt });
    await revocations.add({ workspaceId, kind: 'token', value: 'its hash', revokedAt, expiresAt });
    const years = 10 * 365 * 24;
    const later = { revokedAt: inHours(years), expiresAt: inHours(years + 24) };
    await revocations.add({ workspaceId, kind: 'subject', value: 'bob', ...later });
    const isRevoked = (hash: string, subject: string, issuedAt: Date) =>
      revocations.isRevoked(workspaceId, { hash, subject, issuedAt });
    expect(await isRevoked('another', 'ada', new Date(0))).toBe(true);
    expect(await isRevoked('another', 'ada', inHours(1))).toBe(false);
    expect(await isRevoked('another', 'eve', new Date(0))).toBe(false);
    // A token is refused by itself when it is over; nothing is kept of it.
    expect(await isRevoked('its hash', 'eve', new Date(0))).toBe(false);
  });

  describe('a key', () => {
    it('lets in who has it, with its scopes and in its workspace', async () => {
      const { apiKey, key } = await make(['memory:read', 'memory:write', 'memory:read']);
      expect(await authenticate(key)).toEqual({
        id: `key:${apiKey.id}`,
        workspaceId,
        scopes: new Set(['memory:read', 'memory:write']),
      });
    });

    it('is nowhere in the database', async () => {
      const { key } = await make();
      const rows = await database.query<object>('SELECT * FROM api_keys');
      expect(JSON.stringify(rows)).not.toContain(key.slice(12));
      expect(rows).toEqual([expect.objectContaining({ secret_hash: hashSecret(key), prefix: key.slice(0, 11) })]);
    });

    it.each([
      ['an unknown one', () => `ks_01234567_${'x'.repeat(43)}`],
      ['one cut short', (key: string) => key.slice(0, -1)],
      ['one with something behind it', (key: string) => `${key}x`],
      ['its prefix', (key: string) => key.slice(0, 11)],
      ['another alphabet', () => "ks_' OR '1'='1"],
      ['nothing', () => ''],
      ['a flood', () => `ks_${'x'.repeat(1_000_000)}`],
    ])('%s is refused, always in the same words', async (_, change) => {
      const { key } = await make();
      await expect(authenticate(change(key))).rejects.toMatchObject({
        code: 'unauthenticated',
        detail: 'Send a valid credential: Authorization: Bearer <key>.',
      });
    });

    it('stops working when it expires', async () => {
      const { key } = await make(['memory:read'], { expiresAt: inHours(1) });
      clock.advance(HOUR_MS - 1);
      expect((await authenticate(key)).workspaceId).toBe(workspaceId);
      clock.advance(1);
      await expect(authenticate(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    });

    it('can not be made to expire in the past, nor under the name of the bootstrap key', async () => {
      await expect(make(['memory:read'], { expiresAt: inHours(0) })).rejects.toMatchObject({
        issues: [{ pointer: '/expiresAt' }],
      });
      await expect(keys.create(operator, { name: 'bootstrap', scopes: ['memory:read'] })).rejects.toMatchObject({
        issues: [{ pointer: '/name' }],
      });
    });

    it('T30 stops working when it is revoked, and revoking it again changes nothing', async () => {
      const { apiKey, key } = await make();
      const { revokedAt } = await keys.revoke(operator, apiKey.id);
      await expect(authenticate(key)).rejects.toMatchObject({ code: 'unauthenticated' });
      clock.advance(1);
      expect((await keys.revoke(operator, apiKey.id)).revokedAt).toEqual(revokedAt);
    });

    it('T30 is replaced when it is rotated, by one that may do the same for the same time', async () => {
      const expiresAt = inHours(5);
      const old = await make(['memory:read', 'embeddings'], { expiresAt });
      const renewed = await keys.rotate(operator, old.apiKey.id);
      await expect(authenticate(old.key)).rejects.toMatchObject({ code: 'unauthenticated' });
      expect([...(await authenticate(renewed.key)).scopes]).toEqual(['memory:read', 'embeddings']);
      expect(renewed.apiKey).toMatchObject({ name: 'a key', expiresAt });
    });

    it('rotated by several at once becomes one new key', async () => {
      const { apiKey } = await make();
      const rotations = await Promise.allSettled(Array.from({ length: 6 }, () => keys.rotate(operator, apiKey.id)));
      expect(rotations.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { items } = await keys.list(workspaceId, undefined, 100);
      expect(items.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
    });

    it('that has ended is not rotated back to life', async () => {
      const revoked = await make();
      await keys.revoke(operator, revoked.apiKey.id);
      const expired = await make(['memory:read'], { expiresAt: inHours(1) });
      clock.advance(HOUR_MS);
      for (const { apiKey } of [revoked, expired])
        await expect(keys.rotate(operator, apiKey.id)).rejects.toMatchObject({ code: 'key-not-found' });
    });

    it('of another workspace is not there', async () => {
      const { apiKey } = await make();
      const stranger = { ...operator, workspaceId: (await workspaces.create({ slug: 'other' })).id };
      await expect(keys.revoke(stranger, apiKey.id)).rejects.toMatchObject({ code: 'key-not-found' });
      await expect(keys.rotate(stranger, apiKey.id)).rejects.toMatchObject({ code: 'key-not-found' });
      expect((await keys.list(stranger.workspaceId, undefined, 100)).items).toEqual([]);
      await expect(keys.revoke(operator, newId<ApiKeyId>())).rejects.toMatchObject({ code: 'key-not-found' });
    });

    it('is neither handed out, replaced nor ended by who may do less', async () => {
      const { apiKey } = await make(['operator']);
      const admin: Principal = { ...operator, scopes: new Set(['admin', 'memory:read']) };
      for (const attempt of [
        () => keys.create(admin, { name: 'up', scopes: ['admin', 'memory:write'] }),
        () => keys.rotate(admin, apiKey.id),
        () => keys.revoke(admin, apiKey.id),
        () => keys.change(admin, apiKey.id, { name: 'mine' }),
      ])
        await expect(attempt()).rejects.toMatchObject({ code: 'missing-scope', kind: 'forbidden' });
    });

    it('T71 keeps the tier that an operator gave it, whatever an admin of the workspace does', async () => {
      const slow: Principal = { ...operator, scopes: new Set(['admin', 'memory:read']), tier: 'slow' };
      const free: Principal = { ...slow, tier: undefined };
      const { apiKey } = await keys.create(operator, { name: 'k', scopes: ['admin'], tier: 'slow' });
      for (const admin of [slow, free])
        for (const tier of [null, 'pro'])
          await expect(keys.change(admin, apiKey.id, { tier })).rejects.toMatchObject({ code: 'missing-scope' });
      expect((await keys.change(slow, apiKey.id, { name: 'renamed', tier: 'slow' })).tier).toBe('slow');
      expect((await keys.rotate(slow, apiKey.id)).apiKey.tier).toBe('slow');
      for (const tier of [null, 'pro'])
        await expect(keys.create(slow, { name: 'n', scopes: ['admin'], tier })).rejects.toMatchObject({
          code: 'missing-scope',
        });
      expect((await keys.create(slow, { name: 'n', scopes: ['admin'] })).apiKey.tier).toBe('slow');
      expect((await keys.create(free, { name: 'n', scopes: ['admin'], tier: null })).apiKey.tier).toBeNull();
      expect(
        (await keys.create({ ...operator, tier: 'slow' }, { name: 'n', scopes: ['admin'] })).apiKey.tier,
      ).toBeNull();
    });

    it('T21 is listed exactly once, newest first, over pages', async () => {
      const made: string[] = [];
      for (let count = 0; count < 5; count++) made.unshift((await make()).apiKey.id);
      const listed: string[] = [];
      let after: ApiKeyId | undefined;
      do {
        const page = await keys.list(workspaceId, after, 2);
        listed.push(...page.items.map(({ id }) => id));
        after = page.next?.[0];
      } while (after !== undefined);
      expect(listed).toEqual(made);
    });
  });

  describe('the workspace of a call', () => {
    it('is what an operator names, and the default one where nothing is named', async () => {
      const { key } = await make(['operator']);
      const other = await workspaces.create({ slug: 'other' });
      expect((await authenticate(key)).workspaceId).toBe(workspaceId);
      expect((await authenticate(key, 'other')).workspaceId).toBe(other.id);
      for (const slug of ['nowhere', '', "x' OR ''='"])
        await expect(authenticate(key, slug)).rejects.toMatchObject({ code: 'workspace-not-found' });
    });

    it('is that of the key for everyone else, whatever is named', async () => {
      const { key } = await make(['admin']);
      await workspaces.create({ slug: 'other' });
      for (const slug of ['other', 'nowhere']) expect((await authenticate(key, slug)).workspaceId).toBe(workspaceId);
    });

    it('has a slug that no other has', async () => {
      await workspaces.create({ slug: 'other' });
      await expect(workspaces.create({ slug: 'other' })).rejects.toMatchObject({ code: 'workspace-exists' });
    });

    it('by default is made once, however many start at the same time', async () => {
      await database.query('TRUNCATE workspaces CASCADE');
      const made = await Promise.all(Array.from({ length: 5 }, () => workspaces.ensureDefault()));
      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    });
  });

  describe('the first key', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'keepsake-first-key-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const bootstrap = (config: Partial<AuthConfig>) =>
      new BootstrapService(
        workspaces,
        keys,
        testing.get(PostgresApiKeyRepository, { strict: false }),
        database,
        clock,
        {
          ...testing.get(AuthConfig, { strict: false }),
          keyFileDir: undefined,
          ...config,
        },
      );
    /** A start with this configuration. */
    const start = (config: Partial<AuthConfig>) => bootstrap(config).run();
    const configured = (letter: string) => `ks_${letter.repeat(40)}`;

    it('that is configured is the operator of the default workspace, with all scopes', async () => {
      expect(await start({ bootstrapKey: configured('a'), keyFileDir: folder })).toBeUndefined();
      expect(await authenticate(configured('a'))).toMatchObject({ workspaceId, scopes: new Set(scopes) });
      await expect(stat(join(folder, 'operator.key'))).rejects.toThrow('ENOENT');
    });

    it('that is configured is made once, however many start with it', async () => {
      await Promise.all(Array.from({ length: 5 }, () => start({ bootstrapKey: configured('a') })));
      expect((await keys.list(workspaceId, undefined, 100)).items).toHaveLength(1);
    });

    it('that is configured again ends the one before, and no other key', async () => {
      const { key: other } = await make();
      await start({ bootstrapKey: configured('a') });
      await start({ bootstrapKey: configured('b') });
      await expect(authenticate(configured('a'))).rejects.toMatchObject({ code: 'unauthenticated' });
      expect((await authenticate(configured('b'))).scopes.size).toBe(scopes.length);
      expect((await authenticate(other)).scopes.size).toBe(1);
    });

    it('of two that are configured for starts at the same time is one, and so at their next starts', async () => {
      const letters = ['a', 'b'];
      const client = new pg.Client({ connectionString: testDatabase.url });
      await client.connect();
      try {
        for (let round = 0; round < 2; round++) {
          await client.query('BEGIN; LOCK TABLE api_keys IN SHARE MODE');
          const starts = letters.map((letter) => start({ bootstrapKey: configured(letter) }));
          await eventually(async () => {
            const waiting = await database.query(
              "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            );
            return waiting.length === letters.length;
          });
          await client.query('COMMIT');
          await Promise.all(starts);
          const outcomes = await Promise.allSettled(letters.map((letter) => authenticate(configured(letter))));
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        }
      } finally {
        await client.end();
      }
    });

    it('that was rotated stays ended at the next start, and the new one goes on working', async () => {
      await start({ bootstrapKey: configured('a') });
      const [first] = (await keys.list(workspaceId, undefined, 1)).items;
      const { key } = await keys.rotate(operator, first!.id);
      await start({ bootstrapKey: configured('a') });
      await expect(authenticate(configured('a'))).rejects.toMatchObject({ code: 'unauthenticated' });
      expect((await authenticate(key)).scopes.size).toBe(scopes.length);
    });

    it('is made on an embedded database, once, in a file that its owner alone can read', async () => {
      const first = await start({ keyFileDir: folder });
      const file = join(folder, 'operator.key');
      expect(first?.file).toBe(file);
      expect(await readFile(file, 'utf8')).toBe(`${first?.key}\n`);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await authenticate(first?.key ?? '')).scopes.size).toBe(scopes.length);
      expect(await readFile(file, 'utf8')).toBe(`${first?.key}\n`);
    });

    it('is given to be shown by every start until one has shown it, and named by its file after that', async () => {
      const first = await start({ keyFileDir: folder });
      expect(await start({ keyFileDir: folder })).toEqual(first);
      bootstrap({ keyFileDir: folder }).markShown();
      expect(await start({ keyFileDir: folder })).toEqual({ file: first?.file });
    });

    it('is not named once it was revoked', async () => {
      await start({ keyFileDir: folder });
      await make(['operator']);
      const first = (await keys.list(workspaceId, undefined, 100)).items.find(({ name }) => name === 'operator');
      await keys.revoke(operator, first!.id);
      expect(await start({ keyFileDir: folder })).toBeUndefined();
    });

    it('is not readable by others where an older file was', async () => {
      const file = join(folder, 'operator.key');
      await writeFile(file, 'old');
      await chmod(file, 0o644);
      const first = await start({ keyFileDir: folder });
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, 'utf8')).toBe(`${first?.key}\n`);
    });

    it('is made again where every operator has ended, so that nobody is locked out', async () => {
      const first = await start({ keyFileDir: folder });
      const { apiKey } = await make(['operator'], { expiresAt: inHours(1) });
      const made = (await keys.list(workspaceId, undefined, 100)).items.find(({ id }) => id !== apiKey.id);
      await keys.revoke(operator, made!.id);
      expect(await start({ keyFileDir: folder })).toBeUndefined();
      clock.advance(HOUR_MS);
      const second = await start({ keyFileDir: folder });
      expect(second?.key).not.toBe(first?.key);
      expect((await authenticate(second?.key ?? '')).scopes.has('operator')).toBe(true);
    });

    it('is not made on a shared database', async () => {
      expect(await start({})).toBeUndefined();
      expect((await keys.list(workspaceId, undefined, 100)).items).toEqual([]);
    });
  });
});
