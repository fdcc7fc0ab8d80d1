import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { Scope } from '#kernel';
import type { RestAnswer, RestCaller } from '../http/rest-api.js';
import { problemViewOf, type ResultForm } from '../results/tool-result.js';
import type { Profile } from '../tools/tool.js';

/** A refused call as an error of the protocol, where no tool result can carry it; the problem is its data. */
export function refusal(answer: RestAnswer): ProtocolError {
  const problem = problemViewOf(answer);
  const code = answer.status >= 500 ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams;
  return new ProtocolError(code, problem.detail, problem);
}

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
