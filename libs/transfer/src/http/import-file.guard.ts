import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteFileHash, takeFileBody } from '#http';
import { ImportService, type ReceivedFile } from '../import.service.js';
import { fileMissing } from '../transfer.errors.js';
import { importQuery, projectParams } from './transfer.dto.js';

/** A request whose file was received and checked. */
export type ImportRequest = FastifyRequest & { importFile?: ReceivedFile | undefined };

/**
 * Receives and checks the file of a request before its work begins: with an idempotency key all of the work is done in
 * one transaction, in which nobody's network is waited for. A request that is not valid otherwise is left to the pipe,
 * which says what is wrong with it.
 */
@Injectable()
export class ImportFileGuard implements CanActivate {
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
export function takeImportFile(request: ImportRequest): ReceivedFile {
  const file = request.importFile;
  if (file === undefined) throw new Error('The guard receives the file of every valid request.');
  request.importFile = undefined;
  return file;
}
