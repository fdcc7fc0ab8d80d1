import { Injectable } from '@nestjs/common';
import { ApiKeyService, missingScope, principalOf, subjectTag } from '#auth';
import {
  CacheEngine,
  type CacheHealthReport,
  type CacheStatsReport,
  cacheUnavailable,
  encodeKeyPart,
  type FamilyListing,
  type FamilySettingsPatch,
  FamilySettingsService,
  type Tag,
} from '#cache';
import { entityTag, type Preconditions, requireMatch } from '#http';
import { InvalidInputError, NotFoundError, type Principal } from '#kernel';
import { AuditService } from '../audit/audit.service.js';
import { type InvalidationTarget, tagsOf } from './invalidation-target.js';
import {
  type LocalTierReport,
  ProcessReports,
  type SharedTierReport,
  sumLocal,
  sumServers,
  sumStats,
} from './process-reports.js';
import { adviseTtls, type TtlAdvice } from './ttl-advice.js';

/** A key of the shared tier, without its value. */
interface CacheKeyInfo {
  readonly key: string;
  readonly family: string;
  readonly bytes: number | null;
  readonly ttlMs: number | null;
}

interface CacheKeyPage {
  readonly items: readonly CacheKeyInfo[];
  /** Undefined at the end of the family. */
  readonly next: string | undefined;
}

/** What was counted, and the tiers it was counted in. */
export interface AdminCacheStats extends CacheStatsReport {
  readonly processes: number;
  readonly local: LocalTierReport;
  /** Of the servers behind the shared tier, where they say. */
  readonly shared: SharedTierReport | undefined;
}

/** Of one call; the cursor goes on where it ends. */
const MAX_SCANS = 500;

/** What administrators see of the cache and do to it. Actions are written down before they are done. */
@Injectable()
export class CacheAdminService {
  constructor(
    private readonly engine: CacheEngine,
    private readonly settings: FamilySettingsService,
    private readonly reports: ProcessReports,
    private readonly audit: AuditService,
    private readonly keyService: ApiKeyService,
  ) {}

  health(): CacheHealthReport {
    return this.engine.health();
  }

  /** Of this process, or of all of them, of which the others are at most some seconds old. */
  async stats(scope: 'process' | 'all'): Promise<AdminCacheStats> {
    const reports = scope === 'all' ? await this.reports.collectAll() : [this.reports.own()];
    const servers = await this.engine.serverStates();
    return {
      ...sumStats(reports.map(({ stats }) => stats)),
      processes: reports.length,
      local: sumLocal(reports.map(({ local }) => local)),
      shared: servers === undefined || servers.length === 0 ? undefined : sumServers(servers),
    };
  }

  families() {
    return this.engine.cache.families();
  }

  async advice(): Promise<TtlAdvice[]> {
    return adviseTtls(this.families(), (await this.stats('all')).families);
  }

  /**
   * In force here at once, on every other process within five seconds.
   * @param given what it says of the state it is for; absent: any
   * @throws NotFoundError for a family that does not exist; DomainError `precondition-failed`.
   */
  async changeFamily(
    caller: Principal,
    name: string,
    settings: FamilySettingsPatch,
    reason: string,
    given?: Preconditions,
  ): Promise<FamilyListing> {
    requireMatch(given, this.tagOf(this.family(name)));
    await this.audit.record(caller, 'cache.family', reason, { family: name, settings }, 'installation');
    await this.settings.change(name, settings, (revision) => requireMatch(given, familyTag(name, revision)));
    return this.family(name);
  }

  /** @throws NotFoundError for a family that does not exist. */
  family(name: string): FamilyListing {
    const found = this.families().find((family) => family.name === name);
    if (found === undefined) throw new NotFoundError('Cache family', name);
    return found;
  }

  /** The entity tag of a family with the policy in force here: another one after every change. */
  tagOf({ name, policy }: FamilyListing): string {
    return familyTag(name, this.settings.revisionOf(name), [JSON.stringify(policy)]);
  }

  /** Keys of one family in the caller's workspace; those that belong to the platform are an operator's. */
  async keys(caller: Principal, familyName: string, cursor: string, count: number): Promise<CacheKeyPage> {
    const { cache } = this.engine;
    const { store } = cache;
    const family = cache.findFamily(familyName);
    if (family === undefined) throw new NotFoundError('Cache family', familyName);
    const prefix = this.visiblePrefix(caller, family.keyPrefix(cache.space), family.definition.scope);
    const keys: string[] = [];
    let next = cursor;
    // Pages of a scan hold what others have too: where this one ends says only of what the caller may see.
    for (let scans = 0; scans < MAX_SCANS && keys.length < count; scans++) {
      const from = next;
      const page = await this.asking(() => store.scan(prefix, from, count));
      keys.push(...page.keys);
      next = page.cursor;
      if (next === '0') break;
    }
    const items = await this.asking(() =>
      Promise.all(
        keys.map(async (key) => ({
          key,
          family: familyName,
          bytes: (await store.sizeOf(key)) ?? null,
          ttlMs: (await store.ttlMs(key)) ?? null,
        })),
      ),
    );
    return { items, next: next === '0' ? undefined : next };
  }

  /** @throws NotFoundError also for keys of other workspaces and for what is not the cache's. */
  async entry(caller: Principal, key: string): Promise<CacheKeyInfo> {
    const { cache } = this.engine;
    const { store } = cache;
    const family = this.familyOf(key);
    const isVisible =
      family !== undefined &&
      (family.definition.scope !== 'platform' || caller.scopes.has('operator')) &&
      key.startsWith(this.visiblePrefix(caller, family.keyPrefix(cache.space), family.definition.scope));
    if (!isVisible) throw new NotFoundError('Cache entry', JSON.stringify(key));
    const bytes = await this.asking(() => store.sizeOf(key));
    if (bytes === undefined) throw new NotFoundError('Cache entry', JSON.stringify(key));
    return { key, family: family.name, bytes, ttlMs: (await this.asking(() => store.ttlMs(key))) ?? null };
  }

  /** Makes what hangs on a thing of the caller's workspace invalid, on every process. */
  async invalidate(caller: Principal, target: InvalidationTarget, reason: string): Promise<void> {
    await this.audit.record(caller, 'cache.invalidate', reason, target);
    await this.engine.cache.invalidate(tagsOf(caller.workspaceId, target));
  }

  /** @param tag as `Cache-Status` and the log never show it: `<name>:<part>…` of the caller's workspace */
  async invalidateTag(caller: Principal, tag: string, reason: string): Promise<void> {
    await this.audit.record(caller, 'cache.invalidate', reason, { tag });
    await this.engine.cache.invalidate([`${encodeKeyPart(caller.workspaceId)}:${tag}` as Tag]);
  }

  /**
   * Forgets the verified credential of a principal, so that it is verified again. Another than oneself is an operator's.
   * @param user a subject of tokens, or a principal: `key:<id>` of the caller's workspace, `jwt:<subject>` of any
   * @throws DomainError `missing-scope`, `key-not-found`
   */
  async invalidateUser(caller: Principal, user: string, reason: string): Promise<void> {
    const principal = principalOf(user);
    if (principal !== caller.id && !caller.scopes.has('operator')) throw missingScope('operator');
    const tag = principal.startsWith('key:')
      ? await this.keyService.credentialTagOf(caller.workspaceId, principal)
      : subjectTag({ subject: principal.slice('jwt:'.length) });
    // A subject of tokens may be of any workspace.
    const reach = principal.startsWith('jwt:') && principal !== caller.id ? 'installation' : 'workspace';
    await this.audit.record(caller, 'cache.invalidate', reason, { kind: 'user', principal }, reach);
    await this.engine.cache.invalidate([tag]);
  }

  /** Deletes one entry; the next read loads it. */
  async deleteEntry(caller: Principal, key: string, reason: string): Promise<void> {
    const entry = await this.entry(caller, key);
    await this.audit.record(caller, 'cache.delete', reason, { key: entry.key });
    await this.asking(() => this.engine.cache.store.deleteKeys([entry.key]));
    this.engine.cache.local.deletePrefix(entry.key);
  }

  /** Deletes every entry of a family, of all workspaces. @returns how many there were */
  async deleteFamily(caller: Principal, name: string, reason: string): Promise<number> {
    const family = this.engine.cache.findFamily(name);
    if (family === undefined) throw new NotFoundError('Cache family', name);
    await this.audit.record(caller, 'cache.delete-family', reason, { family: name }, 'installation');
    return this.asking(() => this.engine.cache.deleteEntries(family));
  }

  /** Everything of this namespace, on every process; nobody else's keys. */
  async clear(caller: Principal, reason: string): Promise<void> {
    await this.audit.record(caller, 'cache.clear', reason, {}, 'installation');
    if (!(await this.engine.cache.clear())) throw cacheUnavailable();
  }

  /** A timed round trip to the tier that all processes share; where there is none, to the one of this process. */
  async test(): Promise<{
    readonly ok: boolean;
    readonly tier: 'shared' | 'process';
    readonly roundTripMs: number | null;
    readonly problem: string | null;
  }> {
    const started = performance.now();
    const tier = this.engine.mode === 'shared' ? 'shared' : 'process';
    try {
      await this.engine.cache.store.ping();
      return { ok: true, tier, roundTripMs: Math.round((performance.now() - started) * 1000) / 1000, problem: null };
    } catch {
      return {
        ok: false,
        tier,
        roundTripMs: null,
        problem: this.engine.health().problem ?? 'the shared tier did not answer',
      };
    }
  }

  private familyOf(key: string) {
    const { cache } = this.engine;
    return this.families()
      .map(({ name }) => cache.findFamily(name))
      .find((family) => family !== undefined && key.startsWith(family.keyPrefix(cache.space)));
  }

  private visiblePrefix(caller: Principal, familyPrefix: string, scope: string): string {
    if (scope !== 'platform') return `${familyPrefix}${encodeKeyPart(caller.workspaceId)}:`;
    if (!caller.scopes.has('operator'))
      throw new InvalidInputError('/family', 'belongs to no workspace: only operators may look at it', { in: 'query' });
    return familyPrefix;
  }

  private async asking<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (!this.engine.cache.store.isOpen) throw cacheUnavailable();
    return question();
  }
}

/** @param shown the policy: beside its settings it hangs on the release and the configuration */
function familyTag(name: string, revision: string | undefined, shown: readonly string[] = []): string {
  return entityTag(['cache-family', name, revision], shown);
}
