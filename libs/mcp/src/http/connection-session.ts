import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { DomainError, type Principal } from '#kernel';

const NONCE_BYTES = 16;
const FORM = /^([\w-]{22})\.([\w-]{43})$/;

/**
 * The id of a connection's session (`Mcp-Session-Id`): a random number and its HMAC-SHA256 under the caller's credential.
 * Whoever can check the credential can check the id, so it is good on every process and after every restart, and nothing
 * is kept for it. It says that the connection was initialised by this credential in this workspace; it opens nothing by
 * itself, since every request brings its credential.
 */
export function newSessionId(authorization: string, principal: Principal): string {
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  return `${nonce}.${markOf(nonce, authorization, principal).toString('base64url')}`;
}

/** @throws DomainError `mcp-session-not-found`, after which a client starts again, for an id of another connection's kind */
export function requireSession(id: string, authorization: string, principal: Principal): void {
  const [, nonce, mark] = FORM.exec(id) ?? [];
  const isOurs =
    nonce !== undefined &&
    mark !== undefined &&
    timingSafeEqual(Buffer.from(mark, 'base64url'), markOf(nonce, authorization, principal));
  if (isOurs) return;
  throw new DomainError({
    code: 'mcp-session-not-found',
    kind: 'not-found',
    detail: 'This is no session of this credential. Start a new one with initialize.',
  });
}

function markOf(nonce: string, authorization: string, { workspaceId, id }: Principal): Buffer {
  return createHmac('sha256', authorization)
    .update(JSON.stringify(['keepsake mcp session', workspaceId, id, nonce]))
    .digest();
}
