import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { CheckpointId, Principal } from '#kernel';
import { agentParams, stateResponse, toStateResponse } from '../states/agent-state.dto.js';
import { AgentStateService } from '../states/agent-state.service.js';
import {
  checkpointParams,
  checkpointQuery,
  checkpointResponse,
  checkpointsQuery,
  checkpointsResponse,
  checkpointSummaryResponse,
  createCheckpointBody,
  restoreStateBody,
  toCheckpointResponse,
  toCheckpointSummaryResponse,
} from './checkpoint.dto.js';
import { CheckpointService } from './checkpoint.service.js';

@Controller('v1/agents/:agent')
export class CheckpointController {
  constructor(
    private readonly checkpoints: CheckpointService,
    private readonly states: AgentStateService,
  ) {}

  @Endpoint('POST /checkpoints', {
    freeText: 'agent',
    summary: 'Keep the state of an agent as it is now, under a name',
    access: ['memory:write'],
    response: checkpointSummaryResponse,
  })
  async create(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Body({ schema: createCheckpointBody }) { project, name, parent, metadata }: z.infer<typeof createCheckpointBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { name, parent: (parent ?? null) as CheckpointId | null, metadata };
    const checkpoint = await this.checkpoints.create({ workspaceId, project, agent }, command, preconditions);
    void reply.header('etag', this.checkpoints.tagOf(checkpoint));
    return toCheckpointSummaryResponse(checkpoint);
  }

  @Endpoint('GET /checkpoints', {
    freeText: 'agent',
    summary: 'List the checkpoints of an agent, newest first, without their values',
    access: ['memory:read'],
    response: checkpointsResponse,
    tagged: true,
  })
  async list(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Query({ schema: checkpointsQuery }) query: z.infer<typeof checkpointsQuery>,
  ) {
    const { project, name } = query;
    const parent = query.parent as CheckpointId | undefined;
    return listPage(query, {
      of: ['checkpoints', workspaceId, project, agent, name ?? null, parent ?? null],
      load: (after: CheckpointId | undefined, limit) =>
        this.checkpoints.list({ workspaceId, project, agent }, { name, parent }, after, limit),
      show: (checkpoints) => checkpoints.map(toCheckpointSummaryResponse),
    });
  }

  @Endpoint('GET /checkpoints/:id', {
    freeText: 'agent',
    summary: 'Read a checkpoint with its value',
    access: ['memory:read'],
    response: checkpointResponse,
  })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: checkpointParams }) { agent, id }: z.infer<typeof checkpointParams>,
    @Query({ schema: checkpointQuery }) { project }: z.infer<typeof checkpointQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const checkpoint = await this.checkpoints.get({ workspaceId, project, agent }, id as CheckpointId);
    void reply.header('etag', this.checkpoints.tagOf(checkpoint));
    return toCheckpointResponse(checkpoint);
  }

  @Endpoint('DELETE /checkpoints/:id', {
    freeText: 'agent',
    summary: 'Delete a checkpoint for good',
    access: ['memory:write'],
  })
  async delete(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: checkpointParams }) { agent, id }: z.infer<typeof checkpointParams>,
    @Query({ schema: checkpointQuery }) { project }: z.infer<typeof checkpointQuery>,
  ): Promise<void> {
    await this.checkpoints.delete({ workspaceId, project, agent }, id as CheckpointId);
  }

  @Endpoint('POST /restore', {
    freeText: 'agent',
    summary: 'Store the value of a checkpoint as the state of its agent, as a new version',
    access: ['memory:write'],
    status: 200,
    response: stateResponse,
  })
  async restore(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: agentParams }) { agent }: z.infer<typeof agentParams>,
    @Body({ schema: restoreStateBody }) { project, checkpoint, ttlSeconds }: z.infer<typeof restoreStateBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const of = { workspaceId, project, agent };
    const state = await this.states.restore(of, checkpoint, ttlSeconds ?? null, preconditions);
    void reply.header('etag', this.states.tagOf(state));
    return toStateResponse(state);
  }
}
