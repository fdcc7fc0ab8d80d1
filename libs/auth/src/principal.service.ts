import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { Clock, NotFoundError, type Principal } from '#kernel';
import { ApiKeyService } from './api-key.service.js';
import { type CredentialKey, principals } from './auth.cache.js';
import { unauthenticated } from './auth.errors.js';
import { type Credential, nameSecret } from './credential.js';
import { KnownCredentials } from './sign-in-limiter.js';
import { claimedSubject, looksLikeJwt } from './jwt/jwt-verifier.js';
import { TokenService } from './token.service.js';
import { DEFAULT_WORKSPACE } from './workspace.js';
import { WorkspaceService } from './workspace.service.js';

/** A key has a fixed alphabet and a bounded length; anything else is refused before it is hashed. */
const KEY = /^ks_[A-Za-z0-9_-]{8,253}$/;
const MAX_TOKEN_LENGTH = 8192;

@Injectable()
export class PrincipalService {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly tokens: TokenService,
    private readonly workspaces: WorkspaceService,
    private readonly cache: CacheService,
    private readonly clock: Clock,
    private readonly known: KnownCredentials,
  ) {}

  /**
   * Who sends this credential, and the workspace the call acts in: for an operator the one named (the default one where
   * none is), for everyone else the one of the credential, whatever is named. A credential is verified once and then
   * read from the cache, until it is changed, revoked or at its end.
   * @throws DomainError `unauthenticated`; `issuer-unavailable`; `workspace-not-found` for an operator's unknown workspace.
   */
  async authenticate(secret: string, workspaceSlug: string | undefined): Promise<Principal> {
    const credential = await this.verified(secret);
    const { id, tier, workspaceId } = credential;
    const scopes = new Set(credential.scopes);
    if (!scopes.has('operator')) return { id, workspaceId, scopes, tier };
    const slug = workspaceSlug ?? DEFAULT_WORKSPACE;
    const workspace = await this.workspaces.findBySlug(slug);
    if (workspace === undefined) throw new NotFoundError('Workspace', JSON.stringify(slug.slice(0, 64)));
    return { id, workspaceId: workspace.id, scopes, tier };
  }

  private async verified(secret: string): Promise<Credential> {
    const isKey = KEY.test(secret);
    if (!isKey && (secret.length > MAX_TOKEN_LENGTH || !looksLikeJwt(secret))) throw unauthenticated();
    const installation = await this.workspaces.installation();
    if (installation === undefined) throw unauthenticated();
    const key: CredentialKey = {
      installation,
      hash: nameSecret(secret),
      subject: isKey ? undefined : claimedSubject(secret),
    };
    const verify = (): Promise<Credential> => (isKey ? this.keys.verify(secret) : this.tokens.verify(secret));
    const credential = this.known.has(key.hash)
      ? await this.cache.getOrSet(principals, key, verify)
      : await this.verifyNew(key, verify);
    if (isOver(credential, this.clock.now())) throw unauthenticated();
    return credential;
  }

  /**
   * A read that may store leaves marks of its own in the shared tier even where it finds nothing: nobody makes one before
   * the credential was verified once.
   */
  private async verifyNew(key: CredentialKey, verify: () => Promise<Credential>): Promise<Credential> {
    let credential = await this.cache.get(principals, key);
    if (credential === undefined) {
      await verify();
      credential = await this.cache.getOrSet(principals, key, verify);
    }
    this.known.add(key.hash);
    return credential;
  }
}

function isOver({ expiresAt }: Credential, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}
