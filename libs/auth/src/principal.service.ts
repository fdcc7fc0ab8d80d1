import { Injectable } from '@nestjs/common';
import { NotFoundError, type Principal } from '#kernel';
import { ApiKeyService } from './api-key.service.js';
import { unauthenticated } from './auth.errors.js';
import type { Credential } from './credential.js';
import { looksLikeJwt } from './jwt/jwt.js';
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
  ) {}

  /**
   * Who sends this credential, and the workspace the call acts in: for an operator the one named (the one of the
   * credential where none is), for everyone else the one of the credential, whatever is named.
   * @throws DomainError `unauthenticated`; `issuer-unavailable`; `workspace-not-found` for an operator's unknown workspace.
   */
  async authenticate(secret: string, workspaceSlug: string | undefined): Promise<Principal> {
    const credential = await this.verify(secret);
    const { id, tier, workspaceId } = credential;
    const scopes = new Set(credential.scopes);
    if (!scopes.has('operator')) return { id, workspaceId, scopes, tier };
    const slug = workspaceSlug ?? DEFAULT_WORKSPACE;
    const workspace = await this.workspaces.findBySlug(slug);
    if (workspace === undefined) throw new NotFoundError('Workspace', JSON.stringify(slug.slice(0, 64)));
    return { id, workspaceId: workspace.id, scopes, tier };
  }

  private async verify(secret: string): Promise<Credential> {
    if (KEY.test(secret)) return this.keys.verify(secret);
    if (secret.length <= MAX_TOKEN_LENGTH && looksLikeJwt(secret)) return this.tokens.verify(secret);
    throw unauthenticated();
  }
}
