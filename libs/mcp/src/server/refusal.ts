import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { RestAnswer } from '../rest/rest-api.js';
import { problemViewOf } from '../results/tool-result.js';

/** A refused call as an error of the protocol, where no tool result can carry it; the problem is its data. */
export function refusal(answer: RestAnswer): ProtocolError {
  const problem = problemViewOf(answer);
  const code = answer.status >= 500 ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams;
  return new ProtocolError(code, problem.detail, problem);
}
