import { DomainError, newId, type Principal, type WorkspaceId } from '#kernel';
import { newSessionId, requireSession } from './connection-session.js';

const principal: Principal = { id: 'key:a', workspaceId: newId<WorkspaceId>(), scopes: new Set() };
const CREDENTIAL = 'Bearer ks_test_secret';

describe('the session of a connection', () => {
  const isKnown = (id: string, credential = CREDENTIAL, by = principal): boolean => {
    try {
      requireSession(id, credential, by);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'mcp-session-not-found') return false;
      throw error;
    }
  };

  it('is known to whoever has the credential, without being kept', () => {
    const id = newSessionId(CREDENTIAL, principal);
    expect(isKnown(id)).toBe(true);
    // Visible ASCII, as the transport asks for.
    expect(id).toMatch(/^[\x21-\x7e]+$/);
  });

  it('T16 is another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, () => newSessionId(CREDENTIAL, principal))).size).toBe(100);
  });

  it('T41 is unknown to another credential, principal and workspace', () => {
    const id = newSessionId(CREDENTIAL, principal);
    expect([
      isKnown(id, 'Bearer ks_test_other'),
      isKnown(id, CREDENTIAL, { ...principal, id: 'key:b' }),
      isKnown(id, CREDENTIAL, { ...principal, workspaceId: newId<WorkspaceId>() }),
    ]).toEqual([false, false, false]);
  });

  it('is nothing else: not empty, cut, longer or changed', () => {
    const id = newSessionId(CREDENTIAL, principal);
    const wrong = ['', '.', id.slice(1), id.slice(0, -1), `${id}A`, id.replace('.', ''), `A${id.slice(1)}B`];
    expect(wrong.filter((each) => isKnown(each))).toEqual([]);
  });
});
