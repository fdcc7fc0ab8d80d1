import { Injectable } from '@nestjs/common';
import { NotFoundError, type Principal } from '#kernel';
import { ApiKeyService } from './api-key.service.js';
import { unauthenticated } from './auth.errors.js';
import { DEFAULT_WORKSPACE } from './workspace.js';
import { WorkspaceService } from './workspace.service.js';

/** A key has a fixed alphabet and a bounded length; anything else is refused before it is hashed. */
const KEY = /^ks_[A-Za-z0-9_-]{8,253}$/;

@Injectable()
export class PrincipalService {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /**
   * Who sends this credential, and the workspace the call acts in: for an operator the one named (the default one
   * where none is), for everyone else the one of the credential, whatever is named.
   * @throws DomainError `unauthenticated`; `workspace-not-found` for an operator's unknown workspace.
   */
  async authenticate(credential: string, workspaceSlug: string | undefined): Promise<Principal> {
    const key = KEY.test(credential) ? await this.keys.findActive(credential) : undefined;
    if (key === undefined) throw unauthenticated();
    const scopes = new Set(key.scopes);
    const id = `key:${key.id}`;
    if (!scopes.has('operator')) return { id, workspaceId: key.workspaceId, scopes };
    const slug = workspaceSlug ?? DEFAULT_WORKSPACE;
    const workspace = await this.workspaces.findBySlug(slug);
    if (workspace === undefined) throw new NotFoundError('Workspace', JSON.stringify(slug.slice(0, 64)));
    return { id, workspaceId: workspace.id, scopes };
  }
}
