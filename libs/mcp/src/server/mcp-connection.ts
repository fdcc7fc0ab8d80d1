import type { Scope } from '#kernel';
import type { RestCaller } from '../rest/rest-api.js';
import type { ResultForm } from '../results/tool-result.js';
import type { Profile } from '../tools/tool.js';

/** Who speaks, and what was asked for when the connection was configured. Every request brings all of it. */
export interface McpConnection {
  readonly caller: RestCaller;
  readonly scopes: ReadonlySet<Scope>;
  readonly profile: Profile;
  /** Taken where a call names no project. */
  readonly project: string | undefined;
  readonly results: ResultForm;
  /** Called once for each message that called a route, where its limits count it. */
  readonly onCounted?: () => void;
}
