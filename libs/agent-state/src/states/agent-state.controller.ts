import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { Principal } from '#kernel';
import type { AgentState } from '../agent-state.js';
import {
  agentParams,
  agentsQuery,
  agentsResponse,
  patchStateBody,
  putStateBody,
  stateQuery,
  stateResponse,
  toAgentResponse,
  toStateResponse,
} from './agent-state.dto.js';
import { AgentStateService } from './agent-state.service.js';

@Controller('v1/agents')
export class AgentStateController {
  constructor(private readonly states: AgentStateService) {}

  @Endpoint('GET ', {
    summary: 'List the agents of a project that have a state now, by name, without its value',
    access: ['memory:read'],
    response: agentsResponse,
    tagged: true,
  })
  async list(@Caller() caller: Principal, @Query({ schema: agentsQuery }) query: z.infer<typeof agentsQuery>) {
    return listPage(query, {
      of: ['agents', caller.workspaceId, query.project],
      key: z.string(),
      load: (after, limit) => this.states.list(caller.workspaceId, query.project, after, limit),
      show: (agents) => agents.map(toAgentResponse),
    });
  }

  @Endpoint('GET /:agent/state', {
    freeText: 'agent',
    summary: 'Read the state of an agent',
    access: ['memory:read'],
    response: stateResponse,
  })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Query({ schema: stateQuery }) { project }: z.infer<typeof stateQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.states.get({ workspaceId, project, agent }), reply);
  }

  @Endpoint('PUT /:agent/state', {
    freeText: 'agent',
    body: 'texts',
    summary: 'Store the state of an agent; with If-Match, only in the place of the state that it names',
    access: ['memory:write'],
    status: 200,
    alsoStatus: [201],
    response: stateResponse,
  })
  async put(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Body({ schema: putStateBody }) { project, value, ttlSeconds }: z.infer<typeof putStateBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { value, ttlSeconds: ttlSeconds ?? null };
    const { state, isNew } = await this.states.put({ workspaceId, project, agent }, command, preconditions);
    if (isNew) void reply.status(201);
    return this.tagged(state, reply);
  }

  @Endpoint('PATCH /:agent/state', {
    freeText: 'agent',
    body: 'texts',
    summary: 'Change the state of an agent by a JSON merge patch',
    access: ['memory:write'],
    response: stateResponse,
  })
  async patch(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Body({ schema: patchStateBody }) { project, ...patch }: z.infer<typeof patchStateBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.states.patch({ workspaceId, project, agent }, patch, preconditions), reply);
  }

  @Endpoint('DELETE /:agent/state', {
    freeText: 'agent',
    summary: 'Delete the state of an agent for good; its checkpoints stay',
    access: ['memory:write'],
  })
  async delete(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Query({ schema: stateQuery }) { project }: z.infer<typeof stateQuery>,
    @IfPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    await this.states.delete({ workspaceId, project, agent }, preconditions);
  }

  private tagged(state: AgentState, reply: FastifyReply): z.infer<typeof stateResponse> {
    void reply.header('etag', this.states.tagOf(state));
    return toStateResponse(state);
  }
}
