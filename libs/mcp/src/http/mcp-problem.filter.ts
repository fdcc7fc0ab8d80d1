import type { FastifyRequest } from 'fastify';
import { Catch, Injectable } from '@nestjs/common';
import { ProtocolErrorCode } from '@modelcontextprotocol/server';
import { type Problem, ProblemFilter, shortForm } from '#http';
import type { DomainError } from '#kernel';

/** Of no request in particular: what refuses it has not read it. */
interface JsonRpcError {
  readonly jsonrpc: '2.0';
  readonly id: null;
  readonly error: object;
}

/**
 * The problem of every other route, with the members of a JSON-RPC error beside it: clients of the protocol look there
 * for what went wrong. Extension members as RFC 9457, section 3.2, has them.
 */
@Catch()
@Injectable()
export class McpProblemFilter extends ProblemFilter {
  protected override bodyOf(error: DomainError, request: FastifyRequest): Problem & JsonRpcError {
    const code = error.kind === 'internal' ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidRequest;
    return {
      ...super.bodyOf(error, request),
      jsonrpc: '2.0',
      id: null,
      error: { code, message: shortForm(error).detail, data: { code: error.code } },
    };
  }
}
