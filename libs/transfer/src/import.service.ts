import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AgentStateTransferService, valueBytes } from '#agent-state';
import { CacheService, workspaceDeletionTag } from '#cache';
import { HttpConfig } from '#config';
import { ContextTransferService } from '#context';
import { sqlStateOf, TransactionRunner } from '#database';
import { HandoverTransferService } from '#handover';
import { DomainError, newId, type ProjectId, type WorkspaceId } from '#kernel';
import {
  type ConflictStrategy,
  type ImportTarget,
  projectCountersTag,
  ProjectReader,
  ProjectService,
  projectTag,
} from '#project';
import { SessionTransferService } from '#session';
import type { HeaderLine, PartLine } from './file/file-lines.js';
import { checkFile, readParts } from './file/read-file.js';
import { Spool } from './file/spool.js';
import { PostgresImportLock } from './persistence/postgres-import-lock.js';
import { type ImportTallies, ProjectImport } from './project-import.js';
import { fileBroken, fileTooLarge, idsCollide, importRunning } from './transfer.errors.js';

const LINES_AT_ONCE = 200;
/** Texts that are in memory together, but for one that is longer; in UTF-16 units. */
const TEXT_AT_ONCE = 2 * 1024 * 1024;
/** PostgreSQL, appendix A. */
const UNIQUE_VIOLATION = '23505';

/** A file that came whole, and whose every line is valid. */
export interface ReceivedFile {
  readonly spool: Spool;
  readonly header: HeaderLine;
  /** SHA-256 of the bytes as they were sent. */
  readonly hash: string;
}

export interface ImportCommand {
  /** Slug; made where it is missing. */
  readonly project: string;
  readonly conflict: ConflictStrategy;
  readonly dryRun: boolean;
}

/** Brings files into projects. */
@Injectable()
export class ImportService {
  constructor(
    private readonly projects: ProjectService,
    private readonly reader: ProjectReader,
    private readonly sessions: SessionTransferService,
    private readonly contexts: ContextTransferService,
    private readonly handovers: HandoverTransferService,
    private readonly agentStates: AgentStateTransferService,
    private readonly lock: PostgresImportLock,
    private readonly transactions: TransactionRunner,
    private readonly cache: CacheService,
    private readonly config: HttpConfig,
  ) {}

  /**
   * Takes a file in and checks all of it. It is on disk until the caller closes its spool.
   * @throws DomainError `import-line-invalid`, `import-file-broken`, `import-format-unknown`, `import-too-large`
   */
  async receive(stream: Readable): Promise<ReceivedFile> {
    const { importLimitBytes: limitBytes } = this.config;
    const spool = await Spool.open();
    try {
      const hash = createHash('sha256');
      await spool.fill(counted(stream, hash, limitBytes));
      const { header } = await checkFile(spool.read(), { limitBytes, validates: true });
      return { spool, header, hash: hash.digest('hex') };
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  /**
   * Writes what a received file says into a project, or says what would be written: in one transaction, so a reader,
   * or whoever looks after a crash, finds all of it or nothing. It can be searched with the answer; vectors follow in
   * the background, by jobs of the same transaction. Every read from then on finds it, on every process.
   * @throws DomainError `import-in-progress`, `import-ids-collide`
   */
  async import(workspaceId: WorkspaceId, command: ImportCommand, { spool }: ReceivedFile): Promise<ImportTallies> {
    try {
      return await this.transactions.run(
        async () => {
          const target = await this.targetOf(workspaceId, command);
          const project = new ProjectImport(target, this.sessions, this.contexts, this.handovers, this.agentStates);
          const lines = readParts(spool.read(), this.config.importLimitBytes);
          for await (const batch of batches<PartLine>(lines, LINES_AT_ONCE, TEXT_AT_ONCE, textLengthOf))
            await project.import(batch);
          await project.finish();
          if (!target.dryRun && project.hasChanged) await this.dropCached(target, project.hasRemoved);
          return project.tallies;
        },
        { retries: 1 },
      );
    } catch (error) {
      throw sqlStateOf(error) === UNIQUE_VIOLATION ? idsCollide(error) : error;
    }
  }

  private async targetOf(workspaceId: WorkspaceId, command: ImportCommand): Promise<ImportTarget> {
    if (command.dryRun) {
      const found = await this.reader.find(workspaceId, command.project);
      // Nothing is in a project of no id: everything would be new.
      return { workspaceId, projectId: found?.id ?? newId<ProjectId>(), ...command };
    }
    if (!(await this.lock.acquire(workspaceId))) throw importRunning();
    const project = await this.projects.ensure(workspaceId, command.project);
    return { workspaceId, projectId: project.id, ...command };
  }

  /** As a deletion does: everything cached of a workspace's memory names this tag, whatever the file has touched. */
  private async dropCached({ workspaceId, project }: ImportTarget, hasRemoved: boolean): Promise<void> {
    const named = { workspace: workspaceId, project };
    await this.cache.invalidate([projectTag(named), projectCountersTag(named), workspaceDeletionTag(named)]);
    if (hasRemoved) await this.cache.erase(workspaceId);
  }
}

function textLengthOf(line: PartLine): number {
  switch (line.type) {
    case 'context':
      return line.content.length;
    case 'entry':
      return line.text.length;
    case 'agentState':
    case 'checkpoint':
      return valueBytes(line.value);
    default:
      return 1_000;
  }
}

async function* counted(stream: Readable, hash: Hash, limitBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw fileTooLarge(limitBytes);
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw fileBroken('did not come whole: the connection ended before it', error);
  }
}

/** Things of one kind that come one after the other, in groups of at most `limit`, or of about `bytes`. */
async function* batches<Line extends { readonly type: string }>(
  lines: AsyncIterable<Line>,
  limit: number,
  bytes: number,
  bytesOf: (line: Line) => number,
): AsyncGenerator<readonly [Line, ...Line[]]> {
  let batch: Line[] = [];
  let held = 0;
  for await (const line of lines) {
    const [first] = batch;
    if (first !== undefined && (first.type !== line.type || batch.length >= limit || held >= bytes)) {
      yield batch as [Line, ...Line[]];
      batch = [];
      held = 0;
    }
    batch.push(line);
    held += bytesOf(line);
  }
  if (batch.length > 0) yield batch as [Line, ...Line[]];
}
