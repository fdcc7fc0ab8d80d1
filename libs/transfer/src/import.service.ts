import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AgentStateTransferService, valueBytes } from '#agent-state';
import { HttpConfig } from '#config';
import { ContextTransferService } from '#context';
import { ConversationTransferService } from '#conversation';
import { HandoverTransferService } from '#handover';
import type { ProjectId, WorkspaceId } from '#kernel';
import { ForgottenTexts } from '#project';
import { type Redaction, Redactor } from '#redaction';
import { SessionTransferService } from '#session';
import type { HeaderLine, PartLine } from './file/file-lines.js';
import { counted } from './file/counted.js';
import { checkFile, readParts } from './file/read-file.js';
import { Spool } from './file/spool.js';
import { type ImportPlan, ImportTransactions } from './import-transactions.js';
import { type ImportTallies, ProjectImport } from './project-import.js';
import { refuseRejected } from './rejected-lines.js';

/** The line behind those of the file itself and of its project. */
const FIRST_PART = 3;
const LINES_AT_ONCE = 200;
/** Texts that are in memory together, but for one that is longer; in UTF-16 units. */
const TEXT_AT_ONCE = 2 * 1024 * 1024;

/** A file that came whole, and whose every line is valid. */
export interface ReceivedFile {
  readonly spool: Spool;
  readonly header: HeaderLine;
  /** SHA-256 of the bytes as they were sent. */
  readonly hash: string;
}

/** What became of a file. */
export interface ImportedFile {
  readonly projectId: ProjectId;
  readonly tallies: ImportTallies;
  /** How many texts of contexts are there again that were deleted from the project for good before. */
  readonly broughtBack: number;
}

/** Brings files into projects. */
@Injectable()
export class ImportService {
  constructor(
    private readonly sessions: SessionTransferService,
    private readonly contexts: ContextTransferService,
    private readonly handovers: HandoverTransferService,
    private readonly agentStates: AgentStateTransferService,
    private readonly conversations: ConversationTransferService,
    private readonly transactions: ImportTransactions,
    private readonly redactor: Redactor,
    private readonly config: HttpConfig,
    private readonly forgotten: ForgottenTexts,
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
   * @throws DomainError `import-in-progress`, `import-ids-collide`, `secret-refused`; `context-rejected` naming lines that hold a text
   * which the project rejects: then nothing is written
   */
  async import(workspaceId: WorkspaceId, command: ImportPlan, { spool }: ReceivedFile): Promise<ImportedFile> {
    const redaction = await this.redactor.begin(workspaceId);
    return this.transactions.run(workspaceId, command, async (target) => {
      const project = new ProjectImport(
        target,
        this.sessions,
        this.contexts,
        this.handovers,
        this.agentStates,
        this.conversations,
      );
      const lines = redacted(redaction, readParts(spool.read(), this.config.importLimitBytes));
      let number = FIRST_PART;
      for await (const batch of batches<PartLine>(lines, LINES_AT_ONCE, TEXT_AT_ONCE, textLengthOf)) {
        await refuseRejected(this.forgotten, target, batch, number);
        await project.import(batch);
        number += batch.length;
      }
      await project.finish();
      const result = { projectId: target.projectId, tallies: project.tallies, broughtBack: project.broughtBack };
      return { result, hasChanged: project.hasChanged, hasRemoved: project.hasRemoved };
    });
  }
}

/** Lines as they may be stored; places are shown as `/lines/17`. */
async function* redacted(redaction: Redaction, lines: AsyncIterable<PartLine>): AsyncGenerator<PartLine> {
  let number = FIRST_PART;
  for await (const line of lines) {
    await redaction.redact(line, { pointer: `/lines/${number++}` });
    yield line;
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
    case 'message':
      return valueBytes(line.content);
    default:
      return 1_000;
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
