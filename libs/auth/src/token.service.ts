import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { AuthConfig } from '#config';
import { TransactionRunner } from '#database';
import { Clock, DomainError, type WorkspaceId } from '#kernel';
import { credentialTag, subjectTag } from './auth.cache.js';
import { unauthenticated } from './auth.errors.js';
import { type Credential, nameSecret } from './credential.js';
import { JwtVerifier, looksLikeJwt } from './jwt/jwt-verifier.js';
import { PostgresRevocationRepository } from './persistence/postgres-revocation.repository.js';
import { DEFAULT_WORKSPACE } from './workspace.js';
import { WorkspaceService } from './workspace.service.js';

/** Tokens always expire. */
type TokenCredential = Credential & { readonly expiresAt: Date };

/** Signed tokens of an outside issuer as credentials, and their end before they expire. */
@Injectable()
export class TokenService {
  constructor(
    private readonly verifier: JwtVerifier,
    private readonly revocations: PostgresRevocationRepository,
    private readonly workspaces: WorkspaceService,
    private readonly transactions: TransactionRunner,
    private readonly config: AuthConfig,
    private readonly clock: Clock,
    private readonly cache: CacheService,
  ) {}

  /**
   * Who the token speaks for, if it holds and is not revoked.
   * @throws DomainError `unauthenticated`, `issuer-unavailable`.
   */
  async verify(token: string): Promise<TokenCredential> {
    const claims = await this.verifier.verify(token);
    const slug = claims.workspace ?? (claims.scopes.includes('operator') ? DEFAULT_WORKSPACE : undefined);
    const workspace = slug === undefined ? undefined : await this.workspaces.findBySlug(slug);
    if (workspace === undefined) throw unauthenticated();
    const { subject, issuedAt, expiresAt, scopes, tier } = claims;
    if (await this.revocations.isRevoked(workspace.id, { hash: nameSecret(token), subject, issuedAt }))
      throw unauthenticated();
    return { id: `${SUBJECT}${subject}`, workspaceId: workspace.id, scopes, tier, expiresAt: this.withSkew(expiresAt) };
  }

  /**
   * Ends this token: it stops working with the answer, on every process.
   * @throws DomainError `not-a-token` for an API key, which is revoked by its id.
   */
  async logOut(token: string): Promise<void> {
    if (!looksLikeJwt(token))
      throw new DomainError({
        code: 'not-a-token',
        kind: 'conflict',
        detail: 'An API key has no log-out. Revoke it with DELETE /v1/keys/{id}.',
      });
    const { workspaceId, expiresAt } = await this.verify(token);
    const hash = nameSecret(token);
    await this.transactions.run(async () => {
      const revokedAt = this.clock.now();
      await this.revocations.add({
        workspaceId,
        kind: 'token',
        value: hash,
        revokedAt,
        expiresAt,
      });
      await this.cache.invalidate([credentialTag({ hash })]);
    });
  }

  /** Ends every token that the subject was given until now: after a change of its role, or when it is lost. */
  async revokeSubject(workspaceId: WorkspaceId, subject: string): Promise<Date> {
    const revokedAt = this.clock.now();
    const expiresAt = this.withSkew(new Date(revokedAt.getTime() + this.config.jwtMaxLifetimeMs));
    await this.transactions.run(async () => {
      await this.revocations.add({ workspaceId, kind: 'subject', value: subject, revokedAt, expiresAt });
      await this.cache.invalidate([subjectTag({ subject })]);
    });
    return revokedAt;
  }

  private withSkew(at: Date): Date {
    return new Date(at.getTime() + this.config.jwtClockSkewSeconds * 1000);
  }
}

const SUBJECT = 'jwt:';
