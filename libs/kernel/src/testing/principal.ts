import type { WorkspaceId } from '../ids.js';
import type { Principal } from '../principal.js';

/** A credential that may read and write, or what `rest` says. */
export function testPrincipal(workspaceId: WorkspaceId, id = 'key:test', rest: Partial<Principal> = {}): Principal {
  return { id, workspaceId, scopes: new Set(['memory:read', 'memory:write']), ...rest };
}
