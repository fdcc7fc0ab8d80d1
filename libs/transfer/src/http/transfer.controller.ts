import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  Param,
  Query,
  Req,
  Res,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiOkResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { Endpoint, FILE_TYPES, noteFileHash, takeFileBody } from '#http';
import { Caller } from '#auth';
import type { Principal } from '#kernel';
import { ImportService, type ReceivedFile } from '../import.service.js';
import { fileMissing } from '../transfer.errors.js';
import { ExportService } from '../export.service.js';
import { importedResponse, importQuery, noQuery, projectParams, toImportedResponse } from './transfer.dto.js';

/** A request whose file was received and checked. */
type ImportRequest = FastifyRequest & { importFile?: ReceivedFile | undefined };

/**
 * Receives and checks the file of a request before its work begins: with an idempotency key all of the work is done in
 * one transaction, in which nobody's network is waited for. A request that is not valid otherwise is left to the pipe,
 * which says what is wrong with it.
 */
@Injectable()
class ImportFileGuard implements CanActivate {
  constructor(private readonly imports: ImportService) {}

  /** @throws DomainError as `ImportService.receive`; `unsupported-media-type` where there is no file */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ImportRequest>();
    const stream = takeFileBody(request);
    const isValid = projectParams.safeParse(request.params).success && importQuery.safeParse(request.query).success;
    if (!isValid) return true;
    if (stream === undefined) throw fileMissing();
    const file = await this.imports.receive(stream);
    request.importFile = file;
    noteFileHash(request, file.hash);
    // Where the work does not take it: a request that was done before, or is refused by now.
    http.getResponse<FastifyReply>().raw.once('close', () => void request.importFile?.spool.close());
    return true;
  }
}

/** The file of a request, whose spool the caller closes. */
function takeImportFile(request: ImportRequest): ReceivedFile {
  const file = request.importFile;
  if (file === undefined) throw new Error('The guard receives the file of every valid request.');
  request.importFile = undefined;
  return file;
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
    @Req() { method }: ImportRequest,
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
    @Req() request: ImportRequest,
  ) {
    const file = takeImportFile(request);
    try {
      const command = { project, ...query };
      return toImportedResponse(command, file, await this.imports.import(caller.workspaceId, command, file));
    } finally {
      await file.spool.close();
    }
  }
}
