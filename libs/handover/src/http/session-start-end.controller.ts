import { Body, Controller, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, type Preconditions } from '#http';
import type { Principal, SessionId } from '#kernel';
import {
  endSessionBody,
  type Session,
  sessionParams,
  SessionService,
  startSessionBody,
  toSessionResponse,
} from '#session';
import { HandoverService } from '../handover.service.js';
import { WakeUpService } from '../wake-up.service.js';
import {
  endedSessionResponse,
  startedSessionResponse,
  toEndedSessionResponse,
  toStartedSessionResponse,
} from './session-start-end.dto.js';

/** The two routes of sessions that answer with a handover. */
@Controller('v1/sessions')
export class SessionStartEndController {
  constructor(
    private readonly wakeUps: WakeUpService,
    private readonly handovers: HandoverService,
    private readonly sessions: SessionService,
  ) {}

  @Endpoint('POST ', {
    summary: 'Start a session and wake up',
    access: ['memory:write'],
    response: startedSessionResponse,
  })
  async start(
    @Caller() caller: Principal,
    @Body({ schema: startSessionBody }) body: z.infer<typeof startSessionBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { session, wakeUp } = await this.wakeUps.start(caller.workspaceId, {
      ...body,
      client: body.client ?? null,
      startedBy: caller.id,
    });
    void reply.header('location', `/v1/sessions/${session.id}`);
    return toStartedSessionResponse(this.tagged(session, reply), wakeUp);
  }

  @Endpoint('POST /:id/end', {
    summary: 'End a session and hand over',
    access: ['memory:write'],
    status: 200,
    response: endedSessionResponse,
  })
  async end(
    @Caller() caller: Principal,
    @Param({ schema: sessionParams }) params: z.infer<typeof sessionParams>,
    @Body({ schema: endSessionBody }) body: z.infer<typeof endSessionBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { session, handover } = await this.handovers.endSession(
      caller.workspaceId,
      params.id as SessionId,
      body.summary ?? undefined,
      preconditions,
    );
    return toEndedSessionResponse(this.tagged(session, reply), handover);
  }

  private tagged(session: Session, reply: FastifyReply) {
    void reply.header('etag', this.sessions.tagOf(session));
    return toSessionResponse(session, this.sessions.stateOf(session));
  }
}
