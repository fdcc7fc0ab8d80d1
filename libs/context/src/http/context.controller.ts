import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions } from '#http';
import type { ContextId, Principal } from '#kernel';
import { queries } from '#cache';
import type { Context } from '../context.js';
import { contexts as contextFamily, contextSummaries } from '../context.cache.js';
import { ContextService } from '../store/context.service.js';
import { ContextDeletionService } from '../store/context-deletion.service.js';
import { ContextStoreService } from '../store/context-store.service.js';
import { ContextDiffService } from '../recall/context-diff.service.js';
import { toStore } from './context-batch.dto.js';
import {
  archiveBody,
  contextQuery,
  contextsQuery,
  deleteQuery,
  diffQuery,
  diffResponse,
  forgetBody,
  patchBody,
  restoreBody,
  storeBody,
  toArchiveCommand,
  toFilter,
  toForgetting,
  toPatch,
  versionsQuery,
} from './context.dto.js';
import { contextSubject, isListCached, tagsOfContext, tagsOfList, tagsOfVersions } from './context-response-caching.js';
import { ContextPresenter } from './context-presenter.js';
import { toTime } from '../validity/validity.fields.js';
import { contextParams, noQuery } from './context.fields.js';
import {
  type ContextResponse,
  contextResponse,
  deletedResponse,
  forgottenResponse,
  previewResponse,
  storedResponse,
  summariesResponse,
  toDeletedResponse,
  toForgottenResponse,
  toPreviewResponse,
} from './context.response.js';

@Controller('v1/contexts')
export class ContextController {
  constructor(
    private readonly contexts: ContextService,
    private readonly store: ContextStoreService,
    private readonly deletion: ContextDeletionService,
    private readonly diffs: ContextDiffService,
    private readonly responses: ContextPresenter,
  ) {}

  @Endpoint('POST ', {
    body: 'texts',
    summary: 'Store a text under a label, or under its title; the same text again is the version that is there',
    access: ['memory:write'],
    response: storedResponse,
    alsoStatus: [200],
  })
  async create(
    @Caller() caller: Principal,
    @Body({ schema: storeBody }) body: z.infer<typeof storeBody>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { project, ...item } = body;
    const stored = await this.store.store(caller.workspaceId, project, toStore(item));
    if (stored.unchanged) void reply.status(200);
    const response = await this.responses.stored(caller.workspaceId, stored);
    void reply.header('etag', this.contexts.tagOf(stored.context, response.embedding));
    return response;
  }

  @Endpoint('GET ', {
    summary: 'List contexts, newest first, without their texts',
    access: ['memory:read'],
    response: summariesResponse,
    cache: { family: queries.name, tags: tagsOfList, when: isListCached },
  })
  async list(@Caller() caller: Principal, @Query({ schema: contextsQuery }) query: z.infer<typeof contextsQuery>) {
    const filter = toFilter(query);
    return listPage(query, {
      of: ['contexts', caller.workspaceId, query.project, ...Object.entries(filter).flat()],
      load: (after: ContextId | undefined, limit) =>
        this.contexts.list(caller.workspaceId, query.project, filter, after, limit),
      show: (contexts) => this.responses.summaries(caller.workspaceId, contexts, filter.asOf),
    });
  }

  @Endpoint('GET /:id', {
    summary: 'Read a version of a context',
    access: ['memory:read'],
    response: contextResponse,
    cache: { family: contextFamily.name, tags: tagsOfContext, subject: contextSubject },
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: contextQuery }) query: z.infer<typeof contextQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const asOf = toTime(query.asOf);
    const context = await this.contexts.get(caller.workspaceId, params.id as ContextId, asOf);
    if (asOf !== undefined) return this.responses.contextAsOf(caller.workspaceId, context, asOf);
    return this.tagged(context, reply);
  }

  @Endpoint('PATCH /:id', {
    summary: 'Change tags, priority or metadata without a new version',
    access: ['memory:write'],
    response: contextResponse,
  })
  async patch(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: patchBody }) body: z.infer<typeof patchBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = params.id as ContextId;
    return this.taggedChange(await this.contexts.patch(caller.workspaceId, id, toPatch(body), preconditions), reply);
  }

  @Endpoint('POST /:id/archive', {
    summary: 'Archive a version, or every version of its label',
    access: ['memory:write'],
    status: 200,
    response: contextResponse,
  })
  async archive(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: archiveBody }) body: z.infer<typeof archiveBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = params.id as ContextId;
    return this.taggedChange(
      await this.contexts.archive(caller.workspaceId, id, toArchiveCommand(body), preconditions),
      reply,
    );
  }

  @Endpoint('POST /:id/restore', {
    summary: 'Take the archiving of a version, or of every version of its label, back',
    access: ['memory:write'],
    status: 200,
    response: contextResponse,
  })
  async restore(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: restoreBody }) body: z.infer<typeof restoreBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = params.id as ContextId;
    return this.taggedChange(
      await this.contexts.restore(caller.workspaceId, id, body.allVersions, preconditions),
      reply,
    );
  }

  @Endpoint('DELETE /:id', {
    summary: 'Delete a version, or every version of its label, for good',
    access: ['memory:write'],
    response: deletedResponse,
  })
  async delete(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: deleteQuery }) query: z.infer<typeof deleteQuery>,
    @IfPreconditions() preconditions: Preconditions,
  ) {
    const which = { allVersions: query.allVersions === 'true' };
    return toDeletedResponse(await this.deletion.forget(caller, params.id as ContextId, which, preconditions));
  }

  @Endpoint('POST /:id/forget', {
    summary: 'Delete a version, or every version of its label, for good; with a tombstone, refuse the text from now on',
    access: ['memory:write'],
    status: 200,
    response: forgottenResponse,
  })
  async forget(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: forgetBody }) body: z.infer<typeof forgetBody>,
    @IfPreconditions() preconditions: Preconditions,
  ) {
    const forgetting = toForgetting(body);
    return toForgottenResponse(await this.deletion.forget(caller, params.id as ContextId, forgetting, preconditions));
  }

  @Endpoint('GET /:id/versions', {
    summary: 'List every version of the label of a context, newest first, archived ones included',
    access: ['memory:read'],
    response: summariesResponse,
    cache: { family: queries.name, tags: tagsOfVersions },
  })
  async versions(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: versionsQuery }) query: z.infer<typeof versionsQuery>,
  ) {
    return listPage(query, {
      of: ['versions', caller.workspaceId, params.id],
      key: z.int(),
      load: (after, limit) => this.contexts.listVersions(caller.workspaceId, params.id as ContextId, after, limit),
      show: (contexts) => this.responses.summaries(caller.workspaceId, contexts),
    });
  }

  @Endpoint('GET /:id/diff', {
    summary: 'Show what changed between two versions of a label',
    access: ['memory:read'],
    response: diffResponse,
    cache: { family: contextSummaries.name, tags: tagsOfContext },
  })
  async diff(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: diffQuery }) query: z.infer<typeof diffQuery>,
  ): Promise<z.infer<typeof diffResponse>> {
    const { from, to, hunks, ...diff } = await this.diffs.diff(caller.workspaceId, params.id as ContextId, query);
    return {
      ...diff,
      hunks: [...hunks],
      label: to.label,
      from: { id: from.id, version: from.version },
      to: { id: to.id, version: to.version },
    };
  }

  @Endpoint('GET /:id/preview', {
    summary: 'Read the preview and the key concepts of a context',
    access: ['memory:read'],
    response: previewResponse,
    cache: { family: contextSummaries.name, tags: tagsOfContext },
  })
  async preview(
    @Caller() caller: Principal,
    @Param({ schema: contextParams }) params: z.infer<typeof contextParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    return toPreviewResponse(await this.contexts.preview(caller.workspaceId, params.id as ContextId));
  }

  private async tagged(context: Context, reply: FastifyReply): Promise<ContextResponse> {
    return this.withTag(context, await this.responses.context(context.workspaceId, context), reply);
  }

  private async taggedChange(context: Context, reply: FastifyReply): Promise<ContextResponse> {
    return this.withTag(context, await this.responses.changed(context.workspaceId, context), reply);
  }

  private withTag(context: Context, response: ContextResponse, reply: FastifyReply): ContextResponse {
    void reply.header('etag', this.contexts.tagOf(context, response.embedding));
    return response;
  }
}
