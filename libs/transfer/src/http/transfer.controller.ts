import type { Readable } from 'node:stream';
import { Controller, Injectable, Param, Query, Req, Res, StreamableFile, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiOkResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { answerRefersTo, Endpoint, FILE_TYPES } from '#http';
import { Caller } from '#auth';
import type { Principal } from '#kernel';
import { ImportService, type ReceivedFile } from '../import.service.js';
import { ExportService } from '../export.service.js';
import { FileGuard, takeFile } from './file-guard.js';
import { importedResponse, importQuery, noQuery, projectParams, toImportedResponse } from './transfer.dto.js';

@Injectable()
class ImportFileGuard extends FileGuard<ReceivedFile> {
  constructor(private readonly imports: ImportService) {
    super();
  }

  protected isValid({ params, query }: FastifyRequest): boolean {
    return projectParams.safeParse(params).success && importQuery.safeParse(query).success;
  }

  protected receive(stream: Readable): Promise<ReceivedFile> {
    return this.imports.receive(stream);
  }
}

const GZIP = 'application/gzip';

@Controller('v1/projects')
export class TransferController {
  constructor(
    private readonly exports: ExportService,
    private readonly imports: ImportService,
  ) {}

  @Endpoint('GET /:project/export', {
    summary: 'Export a project with everything in it, as gzipped JSON Lines with a checksum',
    access: ['memory:read'],
    status: 200,
    limits: ['reads', 'ingestion'],
    isTransfer: true,
  })
  @ApiOkResponse({ description: 'Success', content: { [GZIP]: { schema: { type: 'string', format: 'binary' } } } })
  async export(
    @Caller() caller: Principal,
    @Param({ schema: projectParams }) { project }: z.infer<typeof projectParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Req() { method }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    void reply.header('content-type', GZIP).header('content-disposition', `attachment; filename="${project}.jsonl.gz"`);
    // Whoever asks for the headers alone does not want a project to be read.
    if (method === 'HEAD') return undefined;
    const spool = await this.exports.export(caller.workspaceId, project);
    return new StreamableFile(spool.release(), { length: await spool.size() });
  }

  @Endpoint('POST /:project/import', {
    summary: 'Import an exported project into this one: all of it, or nothing',
    access: ['memory:write'],
    status: 200,
    response: importedResponse,
    limits: ['writes', 'ingestion'],
    takesFile: FILE_TYPES,
    isTransfer: true,
  })
  @UseGuards(ImportFileGuard)
  async import(
    @Caller() caller: Principal,
    @Param({ schema: projectParams }) { project }: z.infer<typeof projectParams>,
    @Query({ schema: importQuery }) query: z.infer<typeof importQuery>,
    @Req() request: FastifyRequest,
  ) {
    const file = takeFile<ReceivedFile>(request);
    try {
      const command = { project, ...query };
      const imported = await this.imports.import(caller.workspaceId, command, file);
      answerRefersTo(request, { ids: [imported.projectId] });
      return toImportedResponse(command, file, imported);
    } finally {
      await file.spool.close();
    }
  }
}
