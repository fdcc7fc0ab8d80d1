import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { Principal, SessionId } from '#kernel';
import type { Session } from '../session.js';
import { SessionService } from '../session.service.js';
import {
  emptyBody,
  patchSessionBody,
  type SessionResponse,
  sessionParams,
  sessionResponse,
  sessionsQuery,
  sessionsResponse,
  toSessionResponse,
} from './session.dto.js';

/** A session starts and ends with a handover: those two routes are in `#handover`. */
@Controller('v1/sessions')
export class SessionController {
  constructor(private readonly sessions: SessionService) {}

  @Endpoint('GET ', {
    summary: 'List sessions, newest first',
    access: ['memory:read'],
    response: sessionsResponse,
    tagged: true,
  })
  async list(@Caller() caller: Principal, @Query({ schema: sessionsQuery }) query: z.infer<typeof sessionsQuery>) {
    return listPage(query, {
      of: ['sessions', caller.workspaceId, query.project ?? null, query.state ?? null],
      load: (after: SessionId | undefined, limit) => this.sessions.list(caller.workspaceId, query, after, limit),
      show: (sessions) => sessions.map((session) => this.present(session)),
    });
  }

  @Endpoint('GET /:id', {
    summary: 'Read a session, in whatever state',
    access: ['memory:read'],
    response: sessionResponse,
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: sessionParams }) params: z.infer<typeof sessionParams>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.sessions.get(caller.workspaceId, params.id as SessionId), reply);
  }

  @Endpoint('PATCH /:id', {
    summary: 'Change metadata or summary, or switch to another project',
    access: ['memory:write'],
    response: sessionResponse,
  })
  async patch(
    @Caller() caller: Principal,
    @Param({ schema: sessionParams }) params: z.infer<typeof sessionParams>,
    @Body({ schema: patchSessionBody }) body: z.infer<typeof patchSessionBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(
      await this.sessions.patch(caller.workspaceId, params.id as SessionId, body, preconditions),
      reply,
    );
  }

  @Endpoint('POST /:id/heartbeat', {
    summary: 'Say that the client is there',
    access: ['memory:write'],
    status: 200,
    response: sessionResponse,
  })
  async heartbeat(
    @Caller() caller: Principal,
    @Param({ schema: sessionParams }) params: z.infer<typeof sessionParams>,
    @Body({ schema: emptyBody }) _body: z.infer<typeof emptyBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.sessions.heartbeat(caller.workspaceId, params.id as SessionId), reply);
  }

  private tagged(session: Session, reply: FastifyReply): SessionResponse {
    void reply.header('etag', this.sessions.tagOf(session));
    return this.present(session);
  }

  private present(session: Session): SessionResponse {
    return toSessionResponse(session, this.sessions.stateOf(session));
  }
}
