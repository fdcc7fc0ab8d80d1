import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, type Preconditions } from '#http';
import type { Principal } from '#kernel';
import { contexts as contextFamily } from '../context.cache.js';
import { ContextDeletionService } from '../store/context-deletion.service.js';
import { ContextService } from '../store/context.service.js';
import { contextSubject, tagsOfLabel } from './context-response-caching.js';
import { forgetLabelBody, labelParams, labelQuery, toForgetting } from './context.dto.js';
import { toTime } from '../validity/validity.fields.js';
import { ContextPresenter } from './context-presenter.js';
import { noQuery } from './context.fields.js';
import {
  contextResponse,
  deletedResponse,
  forgottenResponse,
  toDeletedResponse,
  toForgottenResponse,
} from './context.response.js';

@Controller('v1/projects/:project')
export class LabelController {
  constructor(
    private readonly contexts: ContextService,
    private readonly deletion: ContextDeletionService,
    private readonly responses: ContextPresenter,
  ) {}

  @Endpoint('GET /contexts/:label', {
    summary: 'Read the newest version of a label, or the one named',
    access: ['memory:read'],
    response: contextResponse,
    freeText: 'label',
    cache: { family: contextFamily.name, tags: tagsOfLabel, subject: contextSubject },
  })
  async getByLabel(
    @Caller() caller: Principal,
    @Param({ schema: labelParams }) params: z.infer<typeof labelParams>,
    @Query({ schema: labelQuery }) query: z.infer<typeof labelQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { version } = query;
    const asOf = toTime(query.asOf);
    const { project, label } = params;
    const context = await this.contexts.getByLabel(caller.workspaceId, project, label, { version, asOf });
    if (asOf !== undefined) return this.responses.contextAsOf(caller.workspaceId, context, asOf);
    const response = await this.responses.context(caller.workspaceId, context);
    void reply.header('etag', this.contexts.tagOf(context, response.embedding));
    return response;
  }

  @Endpoint('DELETE /contexts/:label', {
    summary: 'Delete every version of a label, for good',
    access: ['memory:write'],
    response: deletedResponse,
    freeText: 'label',
  })
  async deleteByLabel(
    @Caller() caller: Principal,
    @Param({ schema: labelParams }) { project, label }: z.infer<typeof labelParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @IfPreconditions() preconditions: Preconditions,
  ) {
    return toDeletedResponse(await this.deletion.forgetLabel(caller, project, label, {}, preconditions));
  }

  @Endpoint('POST /contexts/:label/forget', {
    summary: 'Delete every version of a label, for good; with a tombstone, refuse their texts from now on',
    access: ['memory:write'],
    status: 200,
    response: forgottenResponse,
    freeText: 'label',
  })
  async forgetByLabel(
    @Caller() caller: Principal,
    @Param({ schema: labelParams }) { project, label }: z.infer<typeof labelParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: forgetLabelBody }) body: z.infer<typeof forgetLabelBody>,
    @IfPreconditions() preconditions: Preconditions,
  ) {
    const forgetting = toForgetting(body);
    return toForgottenResponse(await this.deletion.forgetLabel(caller, project, label, forgetting, preconditions));
  }
}
