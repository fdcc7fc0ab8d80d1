import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PassThrough, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { loadConfig } from '#config';
import { DomainError } from '#kernel';
import { checkFile, type FileSummary } from '#transfer';
import { CliError, ExitCode } from '../cli-error.js';
import { inWords, Progress } from '../terminal.js';
import { findServer } from '../server/find-server.js';
import { requireProject } from '../server/server-client.js';

interface ExportOptions {
  /** `-` is standard output; absent: a name of its own in the current folder. */
  readonly output?: string | undefined;
  readonly workspace: string;
  readonly json: boolean;
}

/**
 * Writes beside the file and gives it its name once it is whole: whoever finds the file finds a good one, and one that
 * was there before stays until then.
 */
export async function runExport(project: string, { output, workspace, json }: ExportOptions): Promise<ExitCode> {
  const place = output === undefined || output === '-' ? undefined : await placeOf(output);
  const server = await findServer(loadConfig(process.env), workspace);
  const progress = new Progress();
  try {
    // Reading an unknown project gives an empty answer: a file of nothing.
    await requireProject(server, project);
    const { body, length } = await server.download(`/v1/projects/${project}/export`);
    const counted = body.pipe(counting((bytes) => progress.step(bytes, length, 'bytes')));
    body.once('error', (error) => counted.destroy(error));
    if (output === '-') {
      await toStandardOutput(counted);
      progress.end();
      return ExitCode.ok;
    }
    const { path, summary } = await toFile(counted, project, place);
    progress.end();
    const { counts } = summary.end;
    const reported = Object.entries(counts).map(([name, count]) => `${count} ${inWords(name)}`);
    console.log(
      json
        ? JSON.stringify({ file: path, project, counts, sha256: summary.end.sha256 })
        : `Wrote ${path}: ${reported.join(', ')}.`,
    );
    return ExitCode.ok;
  } finally {
    progress.end();
  }
}

/**
 * Before anything is asked for.
 * @returns the file that is to be written: of a link, the one that it leads to
 * @throws CliError, or the system's error, where no such file can be made
 */
async function placeOf(output: string): Promise<string> {
  const folder = dirname(output);
  if (!(await stat(folder)).isDirectory())
    throw new CliError(`${folder} can't be used: it is a file, not a folder.`, ExitCode.unavailable);
  const found = await stat(output).catch(() => undefined);
  if (found?.isDirectory() === true)
    throw new CliError(`${output} can't be used: it is a folder.`, ExitCode.unavailable);
  if (found?.isFile() === false)
    throw new CliError(
      `${output} can't be used: it is a device or a pipe. Write --output - and lead standard output there.`,
      ExitCode.unavailable,
    );
  return found !== undefined && (await lstat(output)).isSymbolicLink() ? realpath(output) : output;
}

async function toFile(
  body: Readable,
  project: string,
  output: string | undefined,
): Promise<{ path: string; summary: FileSummary }> {
  const folder = output === undefined ? '.' : dirname(output);
  const part = join(folder, `.${basename(output ?? project)}.${randomUUID()}.part`);
  const file = await open(part, 'wx', 0o600);
  try {
    await pipeline(body, file.createWriteStream({ flush: true }));
    const summary = await good(createReadStream(part));
    const at = summary.header.exportedAt.replaceAll(/[-:]|\.\d+/g, '');
    const path = output ?? `${project}-${at}.jsonl.gz`;
    await rename(part, path);
    return { path, summary };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** The checksum is known at the end, so it is the exit code that says whether what was written is good. */
async function toStandardOutput(body: Readable): Promise<void> {
  const checked = new PassThrough();
  const checking = good(checked);
  checking.catch(() => checked.resume());
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        if (!checked.write(chunk)) await new Promise((resolve) => checked.once('drain', resolve));
        yield chunk;
      }
      checked.end();
    },
    process.stdout,
    { end: false },
  );
  await checking;
}

/** @throws CliError for a file that is not whole */
async function good(file: Readable): Promise<FileSummary> {
  try {
    return await checkFile(file, { limitBytes: Number.MAX_SAFE_INTEGER, validates: false });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const detail = error.issues[0]?.detail ?? error.detail;
    throw new CliError(
      `What the server sent is not good: ${detail.startsWith('is ') ? 'it ' : ''}${detail}.`,
      ExitCode.unavailable,
      {
        cause: error,
      },
    );
  }
}

function counting(reported: (bytes: number) => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      reported(bytes);
      done(null, chunk);
    },
  });
}
