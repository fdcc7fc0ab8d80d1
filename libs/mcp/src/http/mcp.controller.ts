import { Controller, Query, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import { DomainError, type Principal } from '#kernel';
import { rateLimited, RequestLimits, writeRateLimitHeaders } from '#throttle';
import type { McpConnection } from '../server/mcp-connection.js';
import { newSessionId, requireSession } from './connection-session.js';
import { connectionQuery, messageSchema, settingsOf } from './mcp.dto.js';
import { type McpAnswer, McpExchange } from './mcp-exchange.js';
import { McpProblemFilter } from './mcp-problem.filter.js';
import { countOfUncalled, isInitialize, messagesOf, withoutAbsent } from './messages.js';
import { OriginGuard } from './origin.guard.js';

const SESSION = 'mcp-session-id';

/**
 * The Model Context Protocol over Streamable HTTP. There is nothing to GET, since the server sends nothing unasked, and
 * nothing to DELETE, since it keeps nothing of a session: both are 405, as the transport's specification allows.
 */
@Controller('mcp')
@UseGuards(OriginGuard)
@UseFilters(McpProblemFilter)
export class McpController {
  constructor(
    private readonly exchange: McpExchange,
    private readonly limits: RequestLimits,
  ) {}

  @Endpoint('POST ', {
    body: 'texts',
    summary: 'Speak the Model Context Protocol (Streamable HTTP)',
    access: [],
    status: 200,
    // What it calls are requests of their own, which wait for what they have to.
    onlyReads: true,
    // A message counts as what it calls; one that calls nothing is counted below, whatever it is.
    limits: [],
    limitsAhead: { left: ['reads'], large: ['writes'] },
    ownBody: true,
  })
  @ApiHeader({
    name: SESSION,
    required: false,
    description: 'As `initialize` was answered.',
    schema: { type: 'string' },
  })
  @ApiBody({ schema: messageSchema as never })
  @ApiOkResponse({ description: 'Success', content: { 'application/json': { schema: messageSchema as never } } })
  @ApiAcceptedResponse({ description: 'Taken note of' })
  async speak(
    @Caller() caller: Principal,
    @Query({ schema: connectionQuery }) query: z.infer<typeof connectionQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // Of a request that no message can be read from, one.
    let uncounted = 1;
    try {
      const messages = messagesOf(request.body);
      const uncalled = countOfUncalled(messages);
      await this.count(caller, uncalled, reply);
      uncounted = messages.length - uncalled;
      const connection = { ...this.connectionOf(caller, query, request), onCounted: () => void uncounted-- };
      const answer = await this.exchangeOf(caller, messages, request, reply, connection);
      await this.count(caller, uncounted, reply);
      if (answer.contentType !== undefined) void reply.header('content-type', answer.contentType);
      await reply.status(answer.status).send(answer.body);
    } catch (error) {
      if (!(error instanceof DomainError && error.kind === 'rate-limited')) await this.count(caller, uncounted, reply);
      throw error;
    }
  }

  private async exchangeOf(
    caller: Principal,
    messages: readonly unknown[],
    request: FastifyRequest,
    reply: FastifyReply,
    connection: McpConnection,
  ): Promise<McpAnswer> {
    const { headers } = request;
    const { authorization } = connection.caller;
    const body = withoutAbsent(request.body);
    const isOlder = await this.exchange.isOlder({ body, headers });
    const begins = isOlder && isInitialize(messages);
    const session = headers[SESSION];
    if (isOlder && !begins && session !== undefined) requireSession(String(session), authorization, caller);
    const answer = await this.exchange.answer({ body, headers }, connection, isOlder);
    if (begins && answer.status === 200) void reply.header(SESSION, newSessionId(authorization, caller));
    return answer;
  }

  private connectionOf(
    { scopes }: Principal,
    query: z.infer<typeof connectionQuery>,
    { headers, id, ip }: FastifyRequest,
  ): McpConnection {
    const workspace = headers['x-keepsake-workspace'];
    return {
      caller: {
        authorization: headers.authorization ?? '',
        workspace: typeof workspace === 'string' ? workspace : undefined,
        address: ip,
        requestId: id,
      },
      scopes,
      ...settingsOf(query, headers),
    };
  }

  /** What is answered without a call of the HTTP interface counts as so many reads. */
  private async count(caller: Principal, weight: number, reply: FastifyReply): Promise<void> {
    if (weight === 0) return;
    const decision = await this.limits.consume(caller, { classes: ['reads'], weight });
    if (decision === undefined) return;
    writeRateLimitHeaders(reply, decision.states);
    if (!decision.allowed) throw rateLimited(decision);
  }
}
