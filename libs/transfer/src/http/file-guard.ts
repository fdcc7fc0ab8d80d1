import type { Readable } from 'node:stream';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fileExpected, noteFileHash, takeFileBody } from '#http';
import type { Spool } from '../file/spool.js';

interface TakenFile {
  readonly spool: Spool;
  readonly hash: string;
}

/** A request whose file was received and checked. */
type FileRequest<File> = FastifyRequest & { importFile?: File | undefined };

/**
 * Receives and checks the file of a request before its work begins: with an idempotency key all of the work is done in
 * one transaction, in which nobody's network is waited for. A request that is not valid otherwise is left to the pipe,
 * which says what is wrong with it.
 */
export abstract class FileGuard<File extends TakenFile> implements CanActivate {
  /** @throws DomainError as `receive`; `unsupported-media-type` where there is no file */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FileRequest<File>>();
    const stream = takeFileBody(request);
    if (!this.isValid(request)) return true;
    if (stream === undefined) throw fileExpected();
    const file = await this.receive(stream, request);
    request.importFile = file;
    noteFileHash(request, file.hash);
    // Where the work does not take it: a request that was done before, or is refused by now.
    http.getResponse<FastifyReply>().raw.once('close', () => void request.importFile?.spool.close());
    return true;
  }

  /** Whether its path and its query are. */
  protected abstract isValid(request: FastifyRequest): boolean;

  protected abstract receive(stream: Readable, request: FastifyRequest): Promise<File>;
}

/** The file of a request, whose spool the caller closes. */
export function takeFile<File extends TakenFile>(request: FileRequest<File>): File {
  const file = request.importFile;
  if (file === undefined) throw new Error('The guard receives the file of every valid request.');
  request.importFile = undefined;
  return file;
}
